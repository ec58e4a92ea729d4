// A certified OpenID provider (oidc-provider) behind a proxy that lies when it is told to. Prints its origin, serves
// until its input ends.
//
//   GET /control/drive?url=URL   does what a browser with a willing person would, and answers where it ends up:
//                                the address at the site, with the code
//   GET /control/sign-in?url=URL what a browser that begins at URL, an address of the site itself, ends up with: a
//                                JSON object with the path it was led to, the cookies it holds and who the site says
//                                that it is
//   GET /control/lie?kind=KIND   from now on; "none" is the truth
//
// Arguments: further addresses of sites to come back to.
import "./node18.mjs";
import http from "node:http";
import * as jose from "jose";
import Provider, { interactionPolicy } from "oidc-provider";

const redirectUri = "https://cloudpick.example/sign-in/google/callback";
const keyId = "the-key";

const listen = (server) =>
    new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

const readAll = async (stream) => {
    const chunks = [];
    for await (const chunk of stream) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks);
};

const { privateKey, publicKey } = await jose.generateKeyPair("RS256", { extractable: true });
const otherKey = (await jose.generateKeyPair("RS256")).privateKey;
const privateJwk = { ...(await jose.exportJWK(privateKey)), kid: keyId, alg: "RS256", use: "sig" };

const front = http.createServer();
const back = http.createServer();
const frontPort = await listen(front);
const backPort = await listen(back);
const origin = `http://127.0.0.1:${frontPort}`;

const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }));

const provider = new Provider(origin, {
    clients: [{
        client_id: "our-client",
        client_secret: "our secret & more",
        redirect_uris: [redirectUri, ...process.argv.slice(2)],
        token_endpoint_auth_method: "client_secret_post",
    }],
    jwks: { keys: [privateJwk] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    // Google puts name and address into the id token, too.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: ["only a test"] },
    features: { devInteractions: { enabled: false } },
    interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({ sub, name: "Ada Lovelace", email: "ada@example.com", email_verified: true }),
    }),
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 300, Interaction: 60, Session: 60, Grant: 60 },
});
const handle = provider.callback();

// The person signs in as "ada" and agrees to all that is asked.
const interact = async (request, response) => {
    const { prompt, params, grantId } = await provider.interactionDetails(request, response);
    const result = { select_account: {}, login: { accountId: "ada" } };
    if (prompt.name === "consent") {
        const grant = grantId
            ? await provider.Grant.find(grantId)
            : new provider.Grant({ accountId: "ada", clientId: params.client_id });
        grant.addOIDCScope(params.scope);
        result.consent = { grantId: await grant.save() };
    }
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
};

back.on("request", (request, response) => {
    if (request.url.startsWith("/interaction/")) {
        interact(request, response).catch((problem) => response.writeHead(500).end(String(problem)));
    } else {
        handle(request, response);
    }
});

let lie = "none";

const now = () => Math.floor(Date.now() / 1000);
const sign = (claims, header = {}, key = privateKey) =>
    new jose.SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: keyId, ...header }).sign(key);
const hs256WithPublicKey = async (claims) =>
    new jose.SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: keyId })
        .sign(new TextEncoder().encode(await jose.exportSPKI(publicKey)));

// What becomes of the id token. Every lie but those about the signature itself is signed with the true key.
const tokenLies = {
    "wrong-issuer": (claims) => sign({ ...claims, iss: "https://evil.example" }),
    "wrong-audience": (claims) => sign({ ...claims, aud: "another-client" }),
    "more-audiences": (claims) => sign({ ...claims, aud: ["our-client", "another-client"] }),
    "wrong-nonce": (claims) => sign({ ...claims, nonce: "another" }),
    "no-nonce": ({ nonce, ...claims }) => sign(claims),
    "no-expiry": ({ exp, ...claims }) => sign(claims),
    "expired": (claims) => sign({ ...claims, iat: now() - 600, exp: now() - 300 }),
    "not-yet": (claims) => sign({ ...claims, nbf: now() + 600 }),
    "nobody": (claims) => sign({ ...claims, sub: "" }),
    "other-kind": (claims) => sign(claims, { typ: "at+jwt" }),
    "critical": (claims) => sign(claims, { kid: keyId, b64: true, crit: ["b64"] }),
    "other-kid": (claims) => sign(claims, { kid: "unknown" }),
    "other-key": (claims) => sign(claims, {}, otherKey),
    "none-algorithm": (claims) => new jose.UnsecuredJWT(claims).encode(),
    "public-key-as-secret": hs256WithPublicKey,
    "tampered": (claims, token) => {
        const [header, , signature] = token.split(".");
        const payload = Buffer.from(JSON.stringify({ ...claims, sub: "admin" })).toString("base64url");
        return `${header}.${payload}.${signature}`;
    },
    // A control: signed anew, and true.
    "signed-anew": (claims) => sign(claims),
};

const discoveryLies = {
    "discovery-issuer": { issuer: "https://evil.example" },
    "discovery-authorization": { authorization_endpoint: "https://evil.example/auth" },
    "discovery-token": { token_endpoint: "https://evil.example/token" },
    "discovery-keys": { jwks_uri: "https://evil.example/keys" },
};

const spoil = async (path, status, body) => {
    if (path === "/token" && lie in tokenLies && status === 200) {
        const answer = JSON.parse(body);
        const claims = jose.decodeJwt(answer.id_token);
        answer.id_token = await tokenLies[lie](claims, answer.id_token);
        return { status, body: JSON.stringify(answer) };
    }
    if (path === "/token" && lie === "redirect") {
        return { status: 307, body: "", headers: { location: "https://evil.example/token" } };
    }
    if (path === "/token" && lie === "huge") {
        return { status, body: `{"id_token":"${"a".repeat(1 << 20)}"}` };
    }
    if (path === "/.well-known/openid-configuration" && lie in discoveryLies) {
        return { status, body: JSON.stringify({ ...JSON.parse(body), ...discoveryLies[lie] }) };
    }
    if (path === "/jwks" && lie === "no-keys") {
        return { status, body: '{"keys":[]}' };
    }
    return { status, body };
};

// One request to the provider behind, as it came (the Host header included).
const ask = (request, body) =>
    new Promise((resolve, reject) => {
        const behind = http.request(
            { host: "127.0.0.1", port: backPort, method: request.method, path: request.url, headers: request.headers },
            async (answer) => resolve({ status: answer.statusCode, headers: answer.headers, body: await readAll(answer) }));
        behind.on("error", reject);
        behind.end(body);
    });

const pass = async (request, response) => {
    const answer = await ask(request, await readAll(request));
    const spoilt = await spoil(new URL(request.url, origin).pathname, answer.status, answer.body.toString());
    const { "content-length": _, "transfer-encoding": __, ...headers } = answer.headers;
    response.writeHead(spoilt.status, { ...headers, ...spoilt.headers });
    response.end(spoilt.body);
};

// A browser: follows redirects, with its cookies kept by origin, until one leads to where STOPS says, or to a page.
const browse = async (start, stops) => {
    const jars = new Map();
    let url = start;
    for (let step = 0; step < 12; step++) {
        const site = new URL(url).origin;
        const jar = jars.get(site) ?? jars.set(site, new Map()).get(site);
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
        const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
        for (const line of answer.headers.getSetCookie()) {
            const [pair] = line.split(";");
            const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
            if (value === "" || /max-age=0/i.test(line)) {
                jar.delete(name);
            } else {
                jar.set(name, value);
            }
        }
        const location = answer.headers.get("location");
        if (location === null) {
            return { url, jar, status: answer.status, text: await answer.text() };
        }
        url = new URL(location, url).href;
        if (stops(url)) {
            return { url, jar };
        }
    }
    throw new Error("too many redirects");
};

const drive = async (start) => {
    const end = await browse(start, (url) => !url.startsWith(`${origin}/`));
    if (end.status) {
        throw new Error(`${end.url} answers ${end.status}: ${end.text}`);
    }
    return end.url;
};

const signIn = async (start) => {
    const site = new URL(start).origin;
    const isHome = (url) => url.startsWith(`${site}/`) && !url.includes("/sign-in/");
    const end = await browse(start, isHome);
    const cookie = [...end.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const session = await fetch(`${site}/api/v1/session`, { headers: { cookie } });
    const { account } = await session.json();
    return JSON.stringify({
        path: end.url.slice(site.length), status: session.status, cookies: [...end.jar.keys()],
        name: account?.name, email: account?.email, region: account?.region, id: account?.id,
    });
};

const control = async (url, response) => {
    if (url.pathname === "/control/lie") {
        lie = url.searchParams.get("kind");
        return response.end("ok");
    }
    const start = url.searchParams.get("url");
    return response.end(await (url.pathname === "/control/sign-in" ? signIn(start) : drive(start)));
};

front.on("request", (request, response) => {
    const url = new URL(request.url, origin);
    const work = url.pathname.startsWith("/control/") ? control(url, response) : pass(request, response);
    work.catch((problem) => response.writeHead(500).end(String(problem)));
});

console.log(origin);
process.stdin.on("end", () => process.exit(0)).resume();
