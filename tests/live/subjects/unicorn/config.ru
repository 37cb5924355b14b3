# Answers with the pids of the master and the worker; /slow takes its time and says when it began.
run lambda { |env|
  if env["PATH_INFO"] == "/slow"
    File.write(ENV.fetch("BEGUN"), Process.pid.to_s)
    sleep 2
  end
  [200, { "content-type" => "text/plain" }, ["#{Process.ppid} #{Process.pid}"]]
}
