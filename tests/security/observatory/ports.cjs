// Loaded before the Observatory, which knows no other ports than 80 and 443 and asks DNS for the name: both lead to
// the server of the test, so nobody needs root or a line in /etc/hosts. TLS still checks the name against our CA.
"use strict";

const net = require("node:net");

const ports = new Map([
  [80, Number(process.env.OBSERVATORY_HTTP_PORT)],
  [443, Number(process.env.OBSERVATORY_HTTPS_PORT)],
]);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options && typeof options === "object" && options.host === process.env.OBSERVATORY_HOST) {
    options.port = ports.get(Number(options.port)) ?? options.port;
    options.host = "127.0.0.1";
  }
  return connect.apply(this, given);
};
