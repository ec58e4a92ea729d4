// npm jose as the other side of our tokens. Prints "ready"; then for each line of input one of output:
//
//   sign ALG PAYLOAD          a new key's set and the token, both JSON strings' contents without spaces: "SET TOKEN"
//   verify SECRET TYP TOKEN   the payload of an HS256 token with this base64url secret, or "refused"
//   verify-with SET TOKEN     the payload of a token signed with the one key of SET, or "refused"
import "./node18.mjs";
import readline from "node:readline";
import * as jose from "jose";

const sign = async (alg, payload) => {
    const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await jose.exportJWK(publicKey)), kid: `key of ${alg}`.replaceAll(" ", "-"), alg, use: "sig" };
    const token = await new jose.CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg, kid: jwk.kid, typ: "JWT" }).sign(privateKey);
    return `${JSON.stringify({ keys: [jwk] })} ${token}`;
};

const verify = async (secret, typ, token) => {
    const { payload } = await jose.jwtVerify(token, jose.base64url.decode(secret), {
        algorithms: ["HS256"], typ, currentDate: new Date(1800000000000),
    });
    return JSON.stringify(payload);
};

const verifyWith = async (set, token) => {
    const keys = jose.createLocalJWKSet(JSON.parse(set));
    const { payload } = await jose.compactVerify(token, keys);
    return new TextDecoder().decode(payload);
};

const commands = { sign, verify, "verify-with": verifyWith };

console.log("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, ...words] = line.split(" ");
    console.log(await commands[command](...words).catch(() => "refused"));
}
