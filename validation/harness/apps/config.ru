# Puma: puma config.ru. Waits are sleeps, or `pg_sleep` through pg and connection_pool where DATABASE_URL is set.

# CPU time of this thread: others have the lock or the core in the meantime.
def burn(seconds)
  finish = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) + seconds
  nil while Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) < finish
end

# A pool for each process, opened when it loads the application: each thread keeps its connection until all have one.
def open_pool(url, size)
  require "pg"
  require "connection_pool"
  pool = ConnectionPool.new(size: size, timeout: 60) { PG.connect(url) }
  taken = Queue.new
  ready = Queue.new
  holders = Array.new(size) { Thread.new { pool.with { taken << true; ready.pop } } }
  size.times { taken.pop }
  size.times { ready << true }
  holders.each(&:join)
  pool
end

url = ENV["DATABASE_URL"]
POOL = url && open_pool(url, Integer(ENV.fetch("POOL_SIZE")))

def wait(seconds)
  if POOL
    POOL.with { |connection| connection.exec_params("select pg_sleep($1)", [seconds]) }
  else
    sleep(seconds)
  end
end

now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond) }

run lambda { |env|
  entered = now.call
  reports_times = false
  env["PATH_INFO"].split("/").each do |part|
    case part[0]
    when "c" then burn(part[1..].to_f / 1000)
    when "d" then wait(part[1..].to_f / 1000)
    when "t" then reports_times = true
    end
  end
  headers = { "Content-Type" => "text/plain", "Content-Length" => "3", "X-Process" => Process.pid.to_s }
  headers["X-Times"] = "#{entered} #{now.call}" if reports_times
  [200, headers, ["ok\n"]]
}
