// What is around every page: the bar on top, the messages at the edge.
import type { ComponentChildren } from "preact";

import { asProblem } from "../api";
import { Link, navigate, path } from "../router";
import { session, signOut } from "../session";
import { texts } from "../texts";
import { chooseTheme, isDark, theme } from "../theme";
import { Icon } from "../widgets/icon";
import { Menu } from "../widgets/menu";
import { toast, Toasts } from "../widgets/toast";

function Mark() {
    return (
        <Link to="/" class="mark" aria-label="Cloudpick">
            <svg viewBox="0 0 32 32" aria-hidden="true">
                <rect class="mark-ground" width="32" height="32" rx="8" />
                <path class="mark-behind" d="M9 8h11a4 4 0 0 1 4 4v11" />
                <rect class="mark-photo" x="7" y="12" width="13" height="13" rx="2.6" />
                <path class="mark-hill" d="m9.4 22.4 3-4 2.2 2.6 1.5-1.8 2.3 3.2z" />
            </svg>
            <span>Cloudpick</span>
        </Link>
    );
}

function NavLink({ to, label }: { to: string; label: string }) {
    const isHere = path.value === to || path.value.startsWith(to + "/");
    return (
        <Link to={to} aria-current={isHere ? "page" : undefined}>
            {label}
        </Link>
    );
}

function ThemeButton() {
    theme.value;
    return (
        <Menu
            class="icon-button"
            ariaLabel={texts.nav.theme}
            label={<Icon name={isDark() ? "moon" : "sun"} />}
            items={(["system", "light", "dark"] as const).map((one) => ({
                label: texts.theme[one],
                isChosen: theme.value === one,
                run: () => chooseTheme(one),
            }))}
        />
    );
}

function AccountMenu() {
    const account = session.value!.account;
    const leave = () => {
        signOut().then(
            () => navigate("/"),
            (error: unknown) => toast(asProblem(error).message, undefined, "bad"),
        );
    };
    return (
        <Menu
            class="icon-button"
            ariaLabel={texts.nav.account(account.name)}
            label={<Icon name="person" />}
            items={[
                {
                    label: account.name,
                    hint: account.email ?? "",
                    run: () => navigate("/settings"),
                },
                null,
                { label: texts.nav.settings, run: () => navigate("/settings") },
                { label: texts.nav.signOut, run: leave },
            ]}
        />
    );
}

export function Frame({ children }: { children: ComponentChildren }) {
    const known = session.value;
    return (
        <>
            <a class="skip" href="#main">
                {texts.nav.skip}
            </a>
            <header class="top">
                <Mark />
                {known && (
                    <nav aria-label={texts.nav.pages}>
                        <NavLink to="/batches" label={texts.nav.batches} />
                        <NavLink to="/settings" label={texts.nav.settings} />
                        <NavLink to="/status" label={texts.nav.status} />
                    </nav>
                )}
                <div class="top-end">
                    {known?.test_mode && <span class="chip warn">{texts.nav.testMode}</span>}
                    {known && (
                        <span class="chip region" title={texts.region[known.account.region].where}>
                            {known.account.region.toUpperCase()}
                        </span>
                    )}
                    <ThemeButton />
                    {known && <AccountMenu />}
                </div>
            </header>
            <main id="main" tabIndex={-1}>
                {children}
            </main>
            <Toasts />
        </>
    );
}

export function Foot() {
    return (
        <footer class="foot">
            <a href="/policy">{texts.nav.policy}</a>
            <a href="/api/v1/openapi.json">{texts.nav.api}</a>
        </footer>
    );
}
