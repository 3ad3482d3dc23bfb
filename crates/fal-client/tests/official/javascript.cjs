// What FAL's own JavaScript client does with the simulator; the tests in the Rust file beside this folder play it.
//
// The package has no setting for other addresses, but takes a middleware that names the address of each call and a
// proxy that all calls go to; both are used here, and nothing of the package is changed.
"use strict";

const assert = require("node:assert");
const { ApiError, ValidationError, createFalClient } = require("@fal-ai/client");

const { QUEUE, RUN, REST, PROXY, KEY } = process.env;
const FAST = "fal-ai/imagen4/preview/fast";
const LAKE = { prompt: "a lake at dawn", num_images: 2, output_format: "jpeg" };
const PNG = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from([...Array(256).keys()])]);

const requestMiddleware = async (request) => ({
  ...request,
  url: request.url
    .replace("https://queue.fal.run/", QUEUE)
    .replace("https://fal.run/", RUN)
    .replace("https://rest.fal.ai/", REST),
});
const client = createFalClient({ credentials: KEY, requestMiddleware });

async function fails(call, kind, status) {
  const error = await call.then(
    () => assert.fail("an error was expected"),
    (error) => error,
  );
  assert(error instanceof kind, error);
  assert.strictEqual(error.status, status);
  return error;
}

async function checkOutput({ data, requestId }) {
  assert.match(requestId, /^[0-9a-f-]{36}$/);
  await checkPictures(data);
}

async function checkPictures(data) {
  assert.strictEqual(data.description, "");
  assert.strictEqual(data.images.length, 2);
  for (const image of data.images) {
    const picture = await fetch(image.url);
    assert.strictEqual(picture.headers.get("content-type"), "image/jpeg");
    const bytes = Buffer.from(await picture.arrayBuffer());
    assert.strictEqual(bytes.length, image.file_size);
    assert.strictEqual(bytes.readUInt16BE(0), 0xffd8);
  }
}

async function readBack(url) {
  const answer = await fetch(url);
  assert.strictEqual(answer.status, 200);
  return [Buffer.from(await answer.arrayBuffer()), answer.headers.get("content-type")];
}

const scenes = {
  async submit_status_result() {
    const submitted = await client.queue.submit(FAST, { input: LAKE });
    assert.strictEqual(submitted.status, "IN_QUEUE");
    assert(submitted.response_url.endsWith(`/fal-ai/imagen4/requests/${submitted.request_id}`));
    const requestId = submitted.request_id;
    const done = await client.queue.subscribeToStatus(FAST, { requestId, logs: true, pollInterval: 20 });
    assert.strictEqual(done.status, "COMPLETED");
    assert(done.metrics.inference_time > 0);
    assert(done.logs.some((line) => line.message === "Picture 2/2 drawn"));
    assert.deepStrictEqual(Object.keys(done.logs[0]).sort(), ["level", "message", "source", "timestamp"]);
    await checkOutput(await client.queue.result(FAST, { requestId }));
  },

  async waits_in_the_queue() {
    const first = await client.queue.submit(FAST, { input: LAKE });
    const second = await client.queue.submit(FAST, { input: LAKE });
    for (const [position, { request_id: requestId }] of [first, second].entries()) {
      const status = await client.queue.status(FAST, { requestId });
      assert.strictEqual(status.status, "IN_QUEUE");
      assert.strictEqual(status.queue_position, position);
    }
  },

  async subscribe() {
    const [ids, states] = [[], []];
    const output = await client.subscribe(FAST, {
      input: LAKE,
      logs: true,
      pollInterval: 20,
      onEnqueue: (id) => ids.push(id),
      onQueueUpdate: (status) => states.push(status.status),
      priority: "low",
      hint: "lora-1",
      startTimeout: 30,
      storageSettings: { expiresIn: "1h" },
    });
    await checkOutput(output);
    assert.deepStrictEqual(ids, [output.requestId]);
    assert.strictEqual(states.at(-1), "COMPLETED");
  },

  async stream_of_states() {
    const { request_id: requestId } = await client.queue.submit(FAST, { input: LAKE });
    const stream = await client.queue.streamStatus(FAST, { requestId, logs: true });
    const [states, lines] = [[], []];
    for await (const status of stream) {
      states.push(status.status);
      lines.push(...(status.logs ?? []).map((line) => line.message));
    }
    assert.strictEqual((await stream.done()).status, "COMPLETED");
    assert.strictEqual(states.at(-1), "COMPLETED");
    // A line comes once, although each state brings some.
    assert.strictEqual(new Set(lines).size, lines.length);
    assert(lines.includes("Picture 1/2 drawn") && lines.includes("Picture 2/2 drawn"), String(lines));
    await checkOutput(await client.queue.result(FAST, { requestId }));
  },

  async subscribe_by_stream() {
    let logs = [];
    const output = await client.subscribe(FAST, {
      input: LAKE,
      mode: "streaming",
      logs: true,
      onQueueUpdate: (status) => {
        logs = status.logs ?? logs;
      },
    });
    await checkOutput(output);
    assert(logs.some((line) => line.message === "Picture 2/2 drawn"));
  },

  async cancel() {
    const { request_id: requestId } = await client.queue.submit(FAST, { input: LAKE });
    await client.queue.cancel(FAST, { requestId });
    const status = await client.queue.status(FAST, { requestId });
    assert.strictEqual(status.status, "COMPLETED");
    assert.strictEqual(status.error_type, "client_cancelled");
    const again = await fails(client.queue.cancel(FAST, { requestId }), ApiError, 400);
    assert.deepStrictEqual(again.body, { status: "ALREADY_COMPLETED" });
    await fails(client.queue.result(FAST, { requestId }), ApiError, 499);
  },

  async client_timeout() {
    let requestId;
    const call = client.subscribe(FAST, {
      input: LAKE,
      pollInterval: 20,
      timeout: 300,
      onEnqueue: (id) => {
        requestId = id;
      },
    });
    await assert.rejects(call, /timed out/);
    // The cancel is not waited for by the client.
    for (let look = 0; look < 500; look += 1) {
      const status = await client.queue.status(FAST, { requestId });
      if (status.error_type === "client_cancelled") {
        // A poll that was under way when the time was over never stops by itself.
        process.exit(0);
      }
      await new Promise((resume) => setTimeout(resume, 10));
    }
    assert.fail("the job was not cancelled");
  },

  async refusals() {
    const input = { prompt: "a forbidden garden" };
    const refused = await fails(client.subscribe(FAST, { input, pollInterval: 20 }), ValidationError, 422);
    const [detail] = refused.getFieldErrors("prompt");
    assert.strictEqual(detail.type, "content_policy_violation");
    assert.match(refused.requestId, /^[0-9a-f-]{36}$/);
    const wrong = { prompt: "a lake", num_images: 9 };
    const error = await fails(client.subscribe(FAST, { input: wrong, pollInterval: 20 }), ValidationError, 422);
    assert.deepStrictEqual(error.getFieldErrors("num_images")[0].ctx, { le: 4 });
  },

  async turned_away() {
    const other = createFalClient({ credentials: "no:body", requestMiddleware });
    const refused = await fails(other.queue.submit(FAST, { input: LAKE }), ApiError, 401);
    assert.strictEqual(refused.body.detail, "No user found for Key ID and Secret");
    const missing = await fails(client.queue.submit("fal-ai/imagen4/ultra", { input: LAKE }), ApiError, 404);
    assert.strictEqual(missing.body.detail, 'Application "imagen4" not found');
    const requestId = "00000000-0000-4000-8000-000000000000";
    const unknown = await fails(client.queue.status(FAST, { requestId }), ApiError, 404);
    assert.deepStrictEqual(unknown.body, { status: "NOT_FOUND" });
  },

  async failed_job() {
    const { request_id: requestId } = await client.queue.submit(FAST, { input: LAKE });
    const done = await client.queue.subscribeToStatus(FAST, { requestId, pollInterval: 20 });
    assert.strictEqual(done.error, "Out of memory");
    assert.strictEqual(done.error_type, "runner_server_error");
    const failure = await fails(client.queue.result(FAST, { requestId }), ApiError, 500);
    assert.strictEqual(failure.body.error_type, "runner_server_error");
  },

  async repeats() {
    await checkOutput(await client.subscribe(FAST, { input: LAKE, pollInterval: 20 }));
  },

  async start_timeout() {
    const call = client.subscribe(FAST, { input: LAKE, pollInterval: 20, startTimeout: 1.2 });
    const late = await fails(call, ApiError, 504);
    assert(late.isUserTimeout, late);
  },

  async run() {
    await checkOutput(await client.run(FAST, { input: LAKE }));
    const input = { prompt: "a forbidden garden" };
    await fails(client.run(FAST, { input }), ValidationError, 422);
  },

  async stream() {
    const stream = await client.stream(FAST, { input: LAKE });
    let last;
    for await (const piece of stream) {
      last = piece;
    }
    assert.deepStrictEqual(await stream.done(), last);
    await checkPictures(last);
  },

  async upload() {
    const file = new File([PNG], "cat.png", { type: "image/png" });
    const url = await client.storage.upload(file, { lifecycle: { expiresIn: "1d" } });
    assert.deepStrictEqual(await readBack(url), [PNG, "image/png"]);
    // A file within an input is uploaded by the client, and its link takes its place.
    const input = await client.storage.transformInput({ prompt: "a cat", images: [file] });
    assert.deepStrictEqual(await readBack(input.images[0]), [PNG, "image/png"]);
  },

  async upload_in_parts() {
    // The client sends in parts what has more than 90 MiB, in pieces of 10 MiB. This file says that it is so large, and
    // has a small piece in the place of each.
    const piece = 10 * 1024 * 1024;
    const file = {
      name: "cat.png",
      type: "image/png",
      size: 9 * piece + 1,
      slice: (start) => new Blob([PNG, `${start / piece}`]),
    };
    const whole = Array.from({ length: 10 }, (_, index) => [PNG, Buffer.from(`${index}`)]).flat();
    const url = await client.storage.upload(file);
    assert.deepStrictEqual(await readBack(url), [Buffer.concat(whole), "image/png"]);
  },

  async by_proxy() {
    const proxied = createFalClient({ credentials: KEY, proxyUrl: { url: PROXY, when: "always" } });
    await checkOutput(await proxied.subscribe(FAST, { input: LAKE, pollInterval: 20 }));
    await checkOutput(await proxied.run(FAST, { input: LAKE }));
    const url = await proxied.storage.upload(new File([PNG], "cat.png", { type: "image/png" }));
    assert.deepStrictEqual(await readBack(url), [PNG, "image/png"]);
  },
};

function fail(error) {
  console.error(error);
  process.exit(1);
}

setTimeout(() => fail("the scene does not end"), 60_000).unref();
scenes[process.argv[2]]().catch(fail);
