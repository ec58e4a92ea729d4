import { render } from "preact";
import { useEffect } from "preact/hooks";

import { BatchPage } from "./batch/page";
import { BatchesPage } from "./pages/batches";
import { Frame } from "./pages/frame";
import { HomePage } from "./pages/home";
import { SettingsPage } from "./pages/settings";
import { StatusPage } from "./pages/status";
import { navigate, path } from "./router";
import { loadSession, session, sessionProblem } from "./session";
import { texts } from "./texts";
import { Empty, Failed, Loading } from "./widgets/states";

function Page() {
    const here = path.value;
    const isHome = here === "/";
    useEffect(() => {
        if (isHome && session.value) navigate("/batches", true);
    }, [isHome, session.value]);
    if (sessionProblem.value) {
        return <Failed isPage problem={sessionProblem.value} retry={() => void loadSession()} />;
    }
    if (session.value === undefined) return <Loading />;
    if (session.value === null) return <HomePage />;
    if (here === "/batches" || isHome) return <BatchesPage />;
    if (here === "/settings") return <SettingsPage />;
    if (here === "/status") return <StatusPage />;
    const id = /^\/batches\/([^/]+)$/.exec(here)?.[1];
    if (id) return <BatchPage key={id} id={id} />;
    return <Empty isPage icon="search" title={texts.state.noSuchPage} />;
}

void loadSession();
render(
    <Frame>
        <Page />
    </Frame>,
    document.getElementById("app")!,
);
