// A hook as it is often written: parse, post, done. Runs in Node and in Bun.
let text = "";
for await (const piece of process.stdin) text += piece;
const event = JSON.parse(text);
const response = await fetch(process.argv[2], {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(event),
});
await response.text();
