// The account: where its data is, who is signed in, tokens for programs, taking data home, leaving.
import { useEffect } from "preact/hooks";

import { bytes, day } from "../format";
import { loadSession, session } from "../session";
import { Link } from "../router";
import { texts } from "../texts";
import { chooseTheme, theme } from "../theme";
import { Icon } from "../widgets/icon";
import { Bar } from "../widgets/states";
import { Leaving } from "./settings_leaving";
import { Sessions } from "./settings_sessions";
import { Tokens } from "./settings_tokens";
import { Foot } from "./frame";

function Account() {
    const { account, host, limits, retention_days } = session.value!;
    const used = texts.settings.used(bytes(limits.used_bytes), bytes(limits.quota_bytes));
    return (
        <section class="card section" aria-labelledby="account">
            <h2 id="account">{texts.settings.account}</h2>
            <dl class="facts">
                <dt>{texts.home.name}</dt>
                <dd>{account.name}</dd>
                {account.email && (
                    <>
                        <dt>{texts.home.email}</dt>
                        <dd>{account.email}</dd>
                    </>
                )}
                <dt>{texts.settings.since}</dt>
                <dd>{day(account.created_at)}</dd>
                <dt>{texts.home.region}</dt>
                <dd>
                    {texts.region[account.region].name}
                    <small>{texts.settings.regionHint}</small>
                </dd>
                <dt>{texts.settings.host}</dt>
                <dd>
                    <code>{host}</code>
                    <small>{texts.settings.hostHint}</small>
                </dd>
                <dt>{texts.settings.retention}</dt>
                <dd>
                    {texts.settings.days(retention_days)}
                    <small>
                        {texts.settings.retentionHint} <a href="/policy">{texts.nav.policy}</a>
                    </small>
                </dd>
                <dt>{texts.settings.storage}</dt>
                <dd>
                    {used}
                    <Bar value={limits.used_bytes} max={limits.quota_bytes} label={used} />
                </dd>
            </dl>
        </section>
    );
}

function Appearance() {
    return (
        <section class="card section" aria-labelledby="appearance">
            <h2 id="appearance">{texts.settings.appearance}</h2>
            <div class="segments" role="radiogroup" aria-labelledby="appearance">
                {(["system", "light", "dark"] as const).map((one) => (
                    <label key={one}>
                        <input
                            type="radio"
                            name="theme"
                            checked={theme.value === one}
                            onChange={() => chooseTheme(one)}
                        />
                        <span>{texts.theme[one]}</span>
                    </label>
                ))}
            </div>
            <p class="hint">{texts.settings.storedHint}</p>
        </section>
    );
}

function Export() {
    return (
        <section class="card section" aria-labelledby="export">
            <h2 id="export">{texts.settings.export}</h2>
            <p class="soft">{texts.settings.exportText}</p>
            <a class="button" href="/api/v1/account/export" download>
                <Icon name="download" />
                {texts.settings.exportAction}
            </a>
        </section>
    );
}

export function SettingsPage() {
    useEffect(() => {
        document.title = texts.title(texts.nav.settings);
        void loadSession();
    }, []);
    return (
        <div class="page narrow">
            <header class="page-head">
                <h1>{texts.nav.settings}</h1>
            </header>
            <Account />
            <Appearance />
            <Sessions />
            <Tokens />
            <Export />
            <Leaving />
            <p class="soft">
                <Link to="/batches">{texts.settings.back}</Link>
            </p>
            <Foot />
        </div>
    );
}
