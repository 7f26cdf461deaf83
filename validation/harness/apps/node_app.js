// Node: node node_app.js PORT
const http = require("http");

// CPU time of this process: its other threads hardly run in the meantime.
function burn(milliseconds) {
  const begin = process.cpuUsage();
  for (;;) {
    const used = process.cpuUsage(begin);
    if (used.user + used.system >= milliseconds * 1000) return;
  }
}

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

http
  .createServer(async (request, response) => {
    for (const part of request.url.split("/").filter(Boolean)) {
      const milliseconds = Number(part.slice(1));
      if (part[0] === "c") burn(milliseconds);
      else await sleep(milliseconds);
    }
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 3, Connection: "close" });
    response.end("ok\n");
  })
  .listen(Number(process.argv[2]), "127.0.0.1", 2048);
