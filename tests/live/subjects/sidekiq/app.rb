# A job that writes down when it begins and when it is done; `ruby app.rb SECONDS` asks for one.
require "sidekiq"

class Report
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform(seconds)
    note("begun")
    sleep seconds
    note("done")
  end

  def note(word)
    File.write(ENV.fetch("REPORT"), "#{word} #{Process.pid}\n", mode: "a")
  end
end

ARGV.each { |seconds| Report.perform_async(seconds.to_f) } if $PROGRAM_NAME == __FILE__
