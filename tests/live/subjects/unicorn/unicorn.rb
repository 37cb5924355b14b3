worker_processes 2
listen ENV.fetch("LISTEN")
preload_app true
