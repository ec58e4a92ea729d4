// Signs requests with npm's aws4: a JSON object a line in, a signature a line out.
import aws4 from "aws4";
import { createInterface } from "node:readline";

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const query = job.query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  const path = job.path.split("/").map(encode).join("/") + (query ? "?" + query : "");
  const signed = aws4.sign(
    {
      service: "s3",
      region: job.region,
      method: job.method,
      host: job.host,
      path,
      headers: { ...job.headers, Host: job.host, "X-Amz-Date": job.date, "X-Amz-Content-Sha256": job.payload_sha256 },
    },
    { accessKeyId: job.access_key, secretAccessKey: job.secret_key },
  );
  console.log(signed.headers.Authorization.match(/Signature=([0-9a-f]+)/)[1]);
}
