// What a parent that runs on Node sees: from child_process.spawn to the `close` event.
// argv: rounds, a file with the payload, JSON [{ program, arguments, variables }]. Prints JSON: nanoseconds per candidate.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const rounds = Number(process.argv[2]);
const payload = readFileSync(process.argv[3]);
const candidates = JSON.parse(process.argv[4]);

function once({ program, arguments: args, variables }) {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(program, args, { env: { ...process.env, ...variables }, stdio: "pipe" });
    child.on("error", reject);
    // A program that does not read is gone before the payload is.
    child.stdin.on("error", () => {});
    child.stdout.resume();
    child.stderr.resume();
    child.on("close", () => resolve(Number(process.hrtime.bigint() - start)));
    child.stdin.end(payload);
  });
}

const times = candidates.map(() => []);
const warmUp = Math.ceil(rounds / 10);
for (let round = 0; round < warmUp + rounds; round++) {
  const order = candidates.map((_, at) => at);
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  for (const at of order) {
    const time = await once(candidates[at]);
    if (round >= warmUp) times[at].push(time);
  }
}
console.log(JSON.stringify(times));
