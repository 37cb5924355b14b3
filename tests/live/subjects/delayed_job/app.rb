# The smallest application with a queue: delayed_job on SQLite, no Rails.
require "active_record"
require "delayed_job_active_record"

ActiveRecord::Base.configurations = {
  "live" => { "adapter" => "sqlite3", "database" => ENV.fetch("QUEUE_FILE"), "timeout" => 20_000 }
}
ActiveRecord::Base.establish_connection(:live)
Delayed::Worker.sleep_delay = 1

# What a careless cache does: every report stays in memory.
module Cache
  KEPT = []
end

# Takes memory, and time after that, so that a TERM finds it at work.
Report = Struct.new(:megabytes, :seconds) do
  def perform
    Cache::KEPT << Random.bytes(megabytes << 20)
    note "begun"
    finish = now + seconds
    sleep 0.1 until now > finish
    note "done"
  end

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def note(word) = File.open("#{ENV.fetch("QUEUE_FILE")}.log", "a") { |log| log.puts "#{word} #{$$}" }
end
