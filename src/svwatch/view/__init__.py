"""View tells: values into text; pure."""
