// Uploads by tus-js-client, an independent implementation of the protocol. The first argument is
// the service's address; each line of input is a request, {"cookie", "batch", "name", "size",
// "chunk", "abort"}: uploads SIZE bytes named NAME, in pieces of CHUNK bytes, broken off and gone on
// with after ABORT bytes where that is not 0. Prints {"error"} or {"url", "requests"}.
import * as readline from "node:readline";

import * as tus from "tus-js-client";

function upload({ url, cookie, batch, name, size, chunk, abort }) {
    const bytes = Buffer.alloc(size, "cloudpick ");
    let requests = 0;
    return new Promise((resolve) => {
        let isBroken = abort === 0;
        const running = new tus.Upload(bytes, {
            endpoint: `${url}/api/v1/uploads`,
            chunkSize: chunk,
            uploadSize: size,
            retryDelays: [0, 100, 500],
            metadata: { batch, name },
            headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin" },
            onBeforeRequest: () => requests++,
            onError: (error) => resolve({ error: String(error) }),
            onSuccess: () => resolve({ url: running.url, requests }),
            onChunkComplete: async (_, accepted) => {
                if (!isBroken && accepted >= abort) {
                    isBroken = true;
                    await running.abort();
                    running.start(); // asks by HEAD where to go on
                }
            },
        });
        running.start();
    });
}

console.log("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await upload(JSON.parse(line))));
}
