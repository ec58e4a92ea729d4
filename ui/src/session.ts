// Who is signed in.
import { signal } from "@preact/signals";

import { asProblem, call, get, Problem, setSignedOutHandler, type Session } from "./api";

/** undefined: not known yet; null: nobody. */
export const session = signal<Session | null | undefined>(undefined);
export const sessionProblem = signal<Problem | null>(null);

setSignedOutHandler(() => {
    session.value = null;
});

export async function loadSession() {
    sessionProblem.value = null;
    try {
        session.value = await get<Session>("/api/v1/session");
    } catch (error) {
        const problem = asProblem(error);
        if (problem.status !== 401) sessionProblem.value = problem;
    }
}

export async function signOut() {
    await call("POST", "/api/v1/session/end");
    session.value = null;
}
