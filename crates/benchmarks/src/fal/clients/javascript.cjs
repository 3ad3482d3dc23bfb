// FAL's own JavaScript client submits, polls and fetches; it says that it stands, is warm, and is done.
"use strict";

const assert = require("node:assert");
const readline = require("node:readline");
const { createFalClient } = require("@fal-ai/client");

const client = createFalClient({
  credentials: process.env.SIMULATOR_KEY,
  // The package has no setting for another queue, but takes a middleware that names the address.
  requestMiddleware: async (request) => ({
    ...request,
    url: request.url.replace("https://queue.fal.run/", process.env.QUEUE),
  }),
});

async function workOff(jobs) {
  for (let job = 0; job < jobs; job += 1) {
    const { data } = await client.subscribe(process.env.ENDPOINT, {
      input: { prompt: process.env.PROMPT },
      pollInterval: Number(process.env.PAUSE_MS),
    });
    assert(Array.isArray(data.images), JSON.stringify(data));
  }
}

async function main() {
  const words = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const sayAndWait = async (word) => {
    console.log(word);
    return !(await words.next()).done;
  };
  for (const [word, jobs] of [["started", "WARM_JOBS"], ["warm", "JOBS"]]) {
    if (!(await sayAndWait(word))) return;
    await workOff(Number(process.env[jobs]));
  }
  await sayAndWait("done");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
