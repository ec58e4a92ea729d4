// What jose and sign-in-provider.mjs expect of a newer Node.js than Debian's 18. To be imported first.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
// Commas stand in dates, too, but no name and "=" behind those.
Headers.prototype.getSetCookie ??= function () {
    return this.get("set-cookie")?.split(/, (?=[^ ;,=]+=)/) ?? [];
};
