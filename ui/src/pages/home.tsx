// What it is, and the way in.
import { useEffect, useState } from "preact/hooks";

import { asProblem, call, get, Problem, type Region, type SignIn } from "../api";
import { query } from "../router";
import { loadSession } from "../session";
import { texts } from "../texts";
import { Icon, type IconName } from "../widgets/icon";
import { Failed, Loading } from "../widgets/states";
import { Foot } from "./frame";

function RegionChoice(props: {
    regions: Region[];
    chosen: Region;
    choose: (region: Region) => void;
}) {
    return (
        <fieldset class="regions">
            <legend>{texts.home.region}</legend>
            <div class="region-cards">
                {props.regions.map((region) => (
                    <label key={region} class="region-card">
                        <input
                            type="radio"
                            name="region"
                            value={region}
                            checked={props.chosen === region}
                            onChange={() => props.choose(region)}
                        />
                        <span>
                            <b>{texts.region[region].name}</b>
                            <small>{texts.region[region].where}</small>
                        </span>
                    </label>
                ))}
            </div>
            <p class="hint">{texts.home.regionHint}</p>
        </fieldset>
    );
}

function TestForm({ region }: { region: Region }) {
    const [problem, setProblem] = useState<Problem | null>(null);
    const [isBusy, setBusy] = useState(false);
    const send = async (event: SubmitEvent) => {
        event.preventDefault();
        const fields = new FormData(event.target as HTMLFormElement);
        setBusy(true);
        setProblem(null);
        try {
            await call("POST", "/api/v1/sign-in/test", {
                name: fields.get("name"),
                email: fields.get("email"),
                region,
            });
            await loadSession();
        } catch (error) {
            setProblem(asProblem(error));
            setBusy(false);
        }
    };
    return (
        <form class="test-form" onSubmit={send}>
            <p class="note warn">
                <Icon name="warn" />
                <span>{texts.home.testMode}</span>
            </p>
            <label>
                {texts.home.name}
                <input
                    name="name"
                    required
                    maxLength={80}
                    autocomplete="name"
                    value="Sample seller"
                />
            </label>
            <label>
                {texts.home.email}
                <input
                    name="email"
                    type="email"
                    required
                    autocomplete="email"
                    value="sample@example.com"
                />
            </label>
            {problem && (
                <p class="field-problem" role="alert">
                    {problem.message}
                </p>
            )}
            <button class="button primary wide" disabled={isBusy}>
                {texts.home.signInTest}
            </button>
        </form>
    );
}

const likelyRegion = (): Region =>
    Intl.DateTimeFormat().resolvedOptions().timeZone?.startsWith("America/") ? "us" : "eu";

/** Back to where somebody was when the session ended; never to another site. */
function returnTo(): string {
    const wish = query.value.get("return_to") ?? location.pathname;
    return /^\/(?![/\\])/.test(wish) && wish !== "/" ? wish : "/batches";
}

function SignInCard() {
    const [offer, setOffer] = useState<SignIn | null>(null);
    const [problem, setProblem] = useState<Problem | null>(null);
    const [region, setRegion] = useState<Region>(likelyRegion());
    const load = () => {
        setProblem(null);
        get<SignIn>("/api/v1/sign-in").then(
            (got) => {
                setOffer(got);
                if (!got.regions.includes(region) && got.regions[0]) setRegion(got.regions[0]);
            },
            (error: unknown) => setProblem(asProblem(error)),
        );
    };
    useEffect(load, []);
    const told = query.value.get("sign-in-problem");
    return (
        <section class="card sign-in" aria-labelledby="sign-in-title">
            <h2 id="sign-in-title">{texts.home.signIn}</h2>
            {told && (
                <p class="field-problem" role="alert">
                    {texts.home.problem(told)}
                </p>
            )}
            {problem && <Failed problem={problem} retry={load} />}
            {!offer && !problem && <Loading />}
            {offer && (
                <>
                    <RegionChoice regions={offer.regions} chosen={region} choose={setRegion} />
                    {offer.providers.map((provider) => (
                        <a
                            key={provider.id}
                            class="button wide provider"
                            href={`${provider.url}?region=${region}&return_to=${encodeURIComponent(returnTo())}`}
                        >
                            {texts.home.signInWith(provider.name)}
                        </a>
                    ))}
                    {offer.test_mode && <TestForm region={region} />}
                </>
            )}
        </section>
    );
}

const steps: IconName[] = ["sheet", "eye", "download"];

export function HomePage() {
    return (
        <div class="home">
            <div class="home-grid">
                <section class="hero">
                    <h1>{texts.home.title}</h1>
                    <p class="lead">{texts.home.lead}</p>
                </section>
                <SignInCard />
                <section class="how">
                    <ol class="steps">
                        {texts.home.steps.map((step, i) => (
                            <li key={step.title}>
                                <Icon name={steps[i]!} />
                                <div>
                                    <h2>{step.title}</h2>
                                    <p>{step.text}</p>
                                </div>
                            </li>
                        ))}
                    </ol>
                    <ul class="promises">
                        {texts.home.promises.map((promise) => (
                            <li key={promise}>
                                <Icon name="check" />
                                {promise}
                            </li>
                        ))}
                    </ul>
                </section>
            </div>
            <Foot />
        </div>
    );
}
