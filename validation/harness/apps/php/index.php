<?php
// PHP-FPM behind nginx. Waits are sleeps.

// CPU time of this process, which has one thread, not wall-clock time.
function burn(float $milliseconds): void
{
    $now = fn() => ($used = getrusage())["ru_utime.tv_sec"] * 1000 + $used["ru_utime.tv_usec"] / 1000
        + $used["ru_stime.tv_sec"] * 1000 + $used["ru_stime.tv_usec"] / 1000;
    $end = $now() + $milliseconds;
    while ($now() < $end);
}

$entered = intdiv(hrtime(true), 1000);
$reports_times = false;
foreach (array_filter(explode("/", $_SERVER["DOCUMENT_URI"])) as $part) {
    $milliseconds = (float) substr($part, 1);
    match ($part[0]) {
        "c" => burn($milliseconds),
        "d" => usleep((int) ($milliseconds * 1000)),
        "t" => $reports_times = true,
    };
}
header("Content-Type: text/plain");
header("Content-Length: 3");
header("X-Process: " . getmypid());
if ($reports_times) {
    header("X-Times: $entered " . intdiv(hrtime(true), 1000));
}
echo "ok\n";
