// How the server is.
import { useEffect } from "preact/hooks";

import { bytes, count, remaining } from "../format";
import { texts } from "../texts";
import { useFetched } from "../widgets/fetched";
import { Failed, Loading } from "../widgets/states";
import { Foot } from "./frame";

interface Status {
    version: string;
    database: string;
    storage: string;
    jobs: { waiting: number; running: number; failed: number; oldest_seconds: number };
    uptime_seconds: number;
    disk_free_bytes: number | null;
    test_mode: boolean;
}

const refresh_ms = 10_000;

export function StatusPage() {
    const status = useFetched<Status>("/api/v1/status");
    useEffect(() => {
        document.title = texts.title(texts.nav.status);
        const timer = setInterval(() => void status.load(), refresh_ms);
        return () => clearInterval(timer);
    }, []);
    const told = status.value;
    return (
        <div class="page narrow">
            <header class="page-head">
                <div>
                    <h1>{texts.nav.status}</h1>
                    <p class="soft">{texts.status.hint}</p>
                </div>
                {told && <span class="chip good">{texts.status.answers}</span>}
            </header>
            {status.problem && <Failed problem={status.problem} retry={() => void status.load()} />}
            {!told && !status.problem && <Loading />}
            {told && (
                <section class="card section">
                    <dl class="facts">
                        <dt>{texts.status.version}</dt>
                        <dd>{told.version}</dd>
                        <dt>{texts.status.database}</dt>
                        <dd>{told.database}</dd>
                        <dt>{texts.status.storage}</dt>
                        <dd>{told.storage}</dd>
                        <dt>{texts.status.uptime}</dt>
                        <dd>{remaining(told.uptime_seconds * 1000)}</dd>
                        <dt>{texts.status.jobs}</dt>
                        <dd>
                            {texts.status.jobCounts(
                                count(told.jobs.waiting),
                                count(told.jobs.running),
                                count(told.jobs.failed),
                            )}
                            {told.jobs.waiting > 0 && (
                                <small>
                                    {texts.status.oldest(
                                        remaining(told.jobs.oldest_seconds * 1000),
                                    )}
                                </small>
                            )}
                        </dd>
                        {told.disk_free_bytes !== null && (
                            <>
                                <dt>{texts.status.disk}</dt>
                                <dd>{bytes(told.disk_free_bytes)}</dd>
                            </>
                        )}
                        <dt>{texts.status.signIn}</dt>
                        <dd>{told.test_mode ? texts.status.testMode : texts.status.realSignIn}</dd>
                    </dl>
                </section>
            )}
            <Foot />
        </div>
    );
}
