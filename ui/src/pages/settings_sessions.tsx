// Where somebody is signed in, and signing out there.
import { asProblem, call, type Page } from "../api";
import { now } from "../clock";
import { ago } from "../format";
import { texts } from "../texts";
import { useFetched } from "../widgets/fetched";
import { Failed, Loading } from "../widgets/states";
import { toast } from "../widgets/toast";

interface SignedIn {
    id: string;
    created_at: string;
    last_seen_at: string;
    browser: string;
    is_current: boolean;
}

export function Sessions() {
    const list = useFetched<Page<SignedIn>>("/api/v1/sessions");
    const end = async (one: SignedIn) => {
        try {
            await call("DELETE", `/api/v1/sessions/${one.id}`);
            await list.load();
        } catch (error) {
            toast(asProblem(error).message, undefined, "bad");
        }
    };
    return (
        <section class="card section" aria-labelledby="sessions">
            <h2 id="sessions">{texts.settings.sessions}</h2>
            <p class="soft">{texts.settings.sessionsText}</p>
            {list.problem && <Failed problem={list.problem} retry={() => void list.load()} />}
            {!list.value && !list.problem && <Loading />}
            <ul class="lines">
                {list.value?.items.map((one) => (
                    <li key={one.id}>
                        <span>
                            <b>{one.browser || texts.settings.unknownBrowser}</b>
                            <small>
                                {texts.settings.signedIn(
                                    ago(one.created_at, now.value),
                                    ago(one.last_seen_at, now.value),
                                )}
                            </small>
                        </span>
                        {one.is_current ? (
                            <span class="chip good">{texts.settings.thisBrowser}</span>
                        ) : (
                            <button
                                class="button small"
                                aria-label={texts.settings.signOutOf(one.browser)}
                                onClick={() => void end(one)}
                            >
                                {texts.nav.signOut}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
        </section>
    );
}
