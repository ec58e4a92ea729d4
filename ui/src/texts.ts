// Every text of the pages, in one table, so that another language is another table.
import type { Photo } from "./api";

const locale = "en-GB";

const numberFormat = new Intl.NumberFormat(locale);

const plural = (n: number, one: string, many: string) =>
    `${numberFormat.format(n)} ${n === 1 ? one : many}`;

const slotNames: Record<string, string> = {
    MAIN: "Main",
    SWCH: "Swatch",
    EEGL: "Energy label",
    FRNT: "Front",
    BACK: "Back",
    SIDE: "Side",
    LEFT: "Left",
    RGHT: "Right",
    TOPP: "Top",
    BOTT: "Bottom",
    PAIR: "Pair",
    FACT: "Facts",
    INGR: "Ingredients",
    DTLS: "Details",
};

function slot(code: string): string {
    const further = /^PT0?(\d+)$/.exec(code)?.[1];
    if (further) return `Extra ${further}`;
    const safety = /^PS0?(\d+)$/.exec(code)?.[1];
    if (safety) return `Safety ${safety}`;
    const inside = /^IN0?(\d+)$/.exec(code)?.[1];
    if (inside) return `Inside ${inside}`;
    return slotNames[code] ?? code;
}

const english = {
    locale,
    title: (page: string) => `${page} · Cloudpick`,

    action: {
        undo: "Undo",
        close: "Close",
        cancel: "Cancel",
        save: "Save",
        done: "Done",
        copy: "Copy",
        remove: "Remove",
        more: "Show more",
        tryAgain: "Try again",
    },

    state: {
        loading: "Loading",
        notFound: "Not found",
        failed: "That did not work",
        noSuchPage: "There is no such page",
        copied: "Copied.",
        notCopied: "The browser did not allow copying.",
        reconnecting: "Reconnecting",
    },

    error: {
        unreachable: "The server cannot be reached. Check your connection and try again.",
        status: (status: number) => `The server answered with an error (${status}).`,
    },

    time: {
        fewSeconds: "a few seconds",
        aboutSeconds: (n: number) => `about ${n} s`,
        aboutMinutes: (n: number) => `about ${n} min`,
        aboutHours: (h: number, m: number) => `about ${h} h${m ? ` ${m} min` : ""}`,
        daysHours: (d: number, h: number) => `${plural(d, "day", "days")} ${h} h`,
        hoursMinutes: (h: number, m: number) => `${h} h ${m} min`,
        minutes: (m: number) => `${m} min`,
        justNow: "just now",
        minutesAgo: (n: number) => `${n} min ago`,
        hoursAgo: (n: number) => `${n} h ago`,
    },

    region: {
        us: { name: "United States", where: "Kept and processed in the US" },
        eu: { name: "European Union", where: "Kept and processed in the EU" },
    },

    theme: { system: "As the system", light: "Light", dark: "Dark" },

    nav: {
        skip: "Skip to the content",
        pages: "Pages",
        batches: "Batches",
        settings: "Settings",
        status: "Status",
        policy: "Privacy policy",
        api: "API reference",
        theme: "Light or dark",
        account: (name: string) => `Account: ${name}`,
        signOut: "Sign out",
        testMode: "Test mode",
    },

    home: {
        title: "Listing pictures, done by lunch",
        lead:
            "Drop your marketplace sheet and a folder of photos. Each photo finds its SKU, is cleaned " +
            "and shrunk, and your own sheet comes back with the picture URLs filled in.",
        steps: [
            {
                title: "Drop the sheet and the photos",
                text: "Excel, CSV or a flat file; folders and ZIPs with thousands of photos. A dropped line costs nothing.",
            },
            {
                title: "Fix what did not match",
                text: "The few that need you come first, with the reason. Drag them to their slot, or press a key.",
            },
            {
                title: "Publish and take the sheet home",
                text: "Every other cell, macro and hidden sheet stays as it was.",
            },
        ],
        promises: [
            "Place, camera and time are removed before a URL exists",
            "All pictures self-destruct 21 days after upload",
            "No tracking, nothing from third parties",
        ],
        signIn: "Sign in",
        region: "Region of your data",
        regionHint: "Chosen once, when your account is made. It stays there.",
        signInWith: (provider: string) => `Continue with ${provider}`,
        testMode:
            "Test mode: anybody who can open this page can sign in as anybody. Do not use it for real data.",
        name: "Name",
        email: "E-mail",
        signInTest: "Sign in for testing",
        problem: (kind: string) =>
            ({
                cancelled: "The sign-in was cancelled.",
                "no-account":
                    "There is no account for this yet. Choose a region and sign in again to make one.",
                closed: "This account was closed.",
                unavailable: "The sign-in provider cannot be reached. Try again in a moment.",
            })[kind] ?? "The sign-in did not work. Please try again.",
    },

    batchState: {
        open: "Open",
        publishing: "Publishing",
        published: "Published",
        expired: "Expired",
    },

    batches: {
        hint: "A batch is one sheet and its photos. Drop files anywhere on this page to begin one.",
        create: "New batch",
        emptyTitle: "No batches yet",
        emptyText: "Drop a sheet and a folder of photos here, or begin with an empty batch.",
        nothingYet: "Nothing uploaded yet",
        noPhotos: "No photos yet",
        matched: (n: string, of: string) => `${n} of ${of} photos matched`,
        attention: (n: number) => plural(n, "photo needs you", "photos need you"),
    },

    batch: {
        name: "Name of the batch",
        rename: "Rename the batch",
        views: "Views of the batch",
        summary: "Where the batch stands",
        view: { attention: "Needs you", skus: "SKUs", photos: "Contact sheet", history: "History" },
        countdownHint:
            "Every picture is deleted 21 days after its upload; this is when the first one goes.",
        destructsIn: (time: string) => `Self-destructs in ${time}`,
        timeLeft: (time: string) => `${time} left`,
        destructsNow: "Being deleted",
        noSheet: "No sheet yet",
        noSheetHint: "Drop your sheet: the photos are matched once the SKUs are known.",
        figures: {
            photos: "Photos",
            matched: "Matched",
            attention: "Need you",
            skus: "SKUs complete",
            size: "Size",
            of: (n: string) => `of ${n}`,
            from: (size: string) => `from ${size}`,
            copies: (n: number) => plural(n, "copy", "copies"),
        },
        export: "Download",
        exportSheet: "The sheet with URLs",
        exportSheetHint: "Your own file, nothing else changed",
        exportZip: "Pictures as ZIP",
        exportZipHint: "Named for the bulk uploader",
        exportReport: "Report as CSV",
        exportReportHint: "A line for every photo",
        publish: "Publish",
        reopen: "Open again",
        moreActions: "More actions",
        options: "Picture options",
        keys: "Keyboard shortcuts",
        delete: "Delete the batch",
        wasDeleted: "This batch was deleted",
        reading: "The sheet is being read …",
        deleteTitle: "Delete this batch?",
        deleteText:
            "The sheet, all photos and all published pictures are deleted at once. Their URLs stop working.",
        undoOf: (label: string) => `Undo: ${label}`,
        sheetProblem: "The sheet cannot be used.",
        publishFailed: "Publishing did not work.",
        publishing: "The pictures are being published. You can leave this page.",
        published: (time: string) => `Published on ${time}.`,
        publishedText: (time: string) =>
            `The last picture stays until ${time}. Download your sheet before then.`,
        expired: "All pictures of this batch were deleted 21 days after their upload, as promised.",
        cleaning: "Being cleaned",
        noPicture: "No picture can be shown.",
        byPerson: "Placed by hand",
        willBeRefused: (why: string) => `The marketplace will refuse it: ${why}`,
        place: (sku: string, code: string) => `${sku}, ${slot(code)}`,
        moveTo: (where: string) => `Move to ${where}`,
        move: "Move",
        movedTo: (name: string, where: string) => `${name} is now ${where}.`,
        movedInstead: (name: string, where: string, rival: string) =>
            `${name} is now ${where}; ${rival} was put aside.`,
        swapped: (a: string, b: string) => `${a} and ${b} changed places.`,
        turned: (name: string) => `${name} was turned.`,
        wasLeftOut: (name: string) => `${name} is left out.`,
        wasPutBack: (name: string) => `${name} is back in.`,
        wasReset: (name: string) => `${name} stands where the rule puts it.`,
        undone: (label: string) => `Undone: ${label}`,
        choosePlace: "Choose a place",
        leaveOut: "Leave out",
        putBack: "Put back in",
        reset: "As the rule says",
        turnLeft: "Turn left",
        turnRight: "Turn right",
        attentionHint:
            "Arrow keys to walk, 1–3 for a suggestion, Space to pick up, Enter to look closer.",
        nothingYet: "Nothing needs you so far",
        nothingToDo: "Nothing needs you",
        butSkus: (n: number) =>
            `Every photo has its place. ${plural(n, "SKU has", "SKUs have")} no main picture yet.`,
        findSku: "Find a SKU or ASIN",
        filter: "Show",
        skuFilter: { all: "All", attention: "Without main", complete: "With main" },
        photoFilter: {
            all: "All",
            matched: "Matched",
            attention: "Need you",
            duplicate: "Copies",
            left_out: "Left out",
        },
        size: "Size of the pictures",
        sizes: { small: "S", medium: "M", large: "L" },
        sku: "SKU",
        sheetRow: (row: number) => `row ${row}`,
        parent: "parent",
        noMain: "No main picture",
        noSkus: "No SKUs yet",
        noSuchSku: "No SKU fits",
        noPhotos: "No photos here",
        noHistory: "Nothing has happened yet",
        emptySlot: (where: string) => `${where}, empty`,
        carrying: (name: string) => `Carrying ${name}`,
        carryingHint: "Go to a slot and press Enter, or click it. Escape puts it back.",
        placeTitle: "Choose a place",
        chooseSku: "Choose a SKU first",
        furtherSlots: "Another slot",
        numPictures: (n: number) => plural(n, "picture", "pictures"),
        contestTitle: "The slot was taken meanwhile",
        contestText: (name: string) => `Somebody put ${name} there, perhaps you in another window.`,
        contestKeep: "Keep that one",
        contestReplace: "Replace it",
    },

    photo: {
        place: "Place",
        nowhere: "Nowhere yet",
        why: "Why",
        byPerson: "Placed by hand.",
        notYet: "not matched yet",
        original: "Original",
        picture: "Picture",
        stripped: "All metadata removed",
        address: "URL",
        destructs: "Self-destructs on",
        leftOut: "Left out: it will not be published.",
        previous: "Previous photo",
        next: "Next photo",
        nth: (n: number, of: number) => `${n} of ${of}`,
    },

    publish: {
        title: "Publish this batch?",
        text: (n: number, host: string) =>
            `${plural(n, "picture gets a public URL", "pictures get public URLs")} on ${host}.`,
        stripped: "All metadata has been removed.",
        retention: (days: number) =>
            `Each URL works until ${days} days after the photo was uploaded.`,
        attention: (n: number) =>
            `${plural(n, "photo still needs you and is", "photos still need you and are")} not published.`,
        withoutMain: (n: number) => `${plural(n, "SKU has", "SKUs have")} no main picture.`,
        pending: (n: number) => `${plural(n, "photo is", "photos are")} still under way.`,
        action: (n: number) => `Publish ${plural(n, "picture", "pictures")}`,
    },

    options: {
        marketplace: "Marketplace",
        marketplaceHint: "Decides about sizes, slots and rules.",
        marketplaceChooses: "What suits the marketplace",
        marketplaces: (id: string) =>
            ({
                "": "Recognise it from the sheet",
                amazon: "Amazon",
                walmart: "Walmart",
                ebay: "eBay",
                shopify: "Shopify",
                woocommerce: "WooCommerce",
                plain: "Any other",
            })[id] ?? id,
        longestSide: "Longest side, in pixels",
        longestSideHint: "Photos are never enlarged.",
    },

    upload: {
        add: "Add files",
        chooseSheet: "Choose the sheet",
        replaceSheet: "Replace the sheet",
        chooseFolder: "Choose a folder",
        choosePhotos: "Choose photos or ZIPs",
        zoneTitle: "Drop your sheet and your photos here",
        zoneText: "Both at once or one after the other, in any order.",
        zoneHint:
            "Excel (.xlsx, .xlsm), CSV or text · JPEG, PNG, WebP, HEIC, TIFF and more · folders and ZIPs",
        dropHere: "Drop to add to this batch",
        nothingFound: "No files were found in there.",
        notOpen: "This batch is published. Open it again to add files.",
        skipped: (n: number) =>
            `${plural(n, "photo is", "photos are")} there already and need not be sent again.`,
        interrupted: (n: number) => `${plural(n, "upload was", "uploads were")} interrupted.`,
        interruptedText:
            "Choose the same folder or files again: what has arrived is not sent twice.",
        discard: "Forget them",
        lineLost: "The line was lost. Try again when you are online.",
        leave: "Files are still being uploaded. Leave this page? You can go on later by choosing them again.",
    },

    dock: {
        title: "Under way",
        uploading: "Upload",
        uploadingFiles: (done: string, of: string) => `Uploading ${done} of ${of} files`,
        percent: (n: number) => `${n} %`,
        sizes: (sent: string, of: string) => `${sent} of ${of}`,
        rate: (size: string) => `${size}/s`,
        left: (time: string) => `${time} left`,
        paused: "paused",
        offline: "waiting for a connection",
        pause: "Pause the upload",
        resume: "Go on with the upload",
        cancel: "Cancel the upload",
        problems: (n: number) => `${plural(n, "file was", "files were")} not uploaded`,
        moreProblems: (n: string) => `and ${n} more`,
        cleaning: "Cleaning",
        cleaningPhotos: (done: string, of: string) => `Cleaning ${done} of ${of} photos`,
        cleaningText: "Metadata removed, resized, compressed",
        pictureRate: (n: string) => `${n} photos/s`,
    },

    settings: {
        account: "Account",
        since: "Member since",
        regionHint: "Chosen at sign-up; it cannot be changed here.",
        host: "Picture host",
        hostHint: "Your pictures' own domain. It names neither you nor anybody else.",
        retention: "Auto-destruct",
        days: (n: number) => plural(n, "day", "days"),
        retentionHint:
            "Photos, and everything made of them, are deleted this long after each upload.",
        storage: "Storage",
        used: (used: string, quota: string) => `${used} of ${quota} used`,
        appearance: "Appearance",
        storedHint:
            "This choice is the only thing these pages store in your browser, beside the sign-in cookie.",
        sessions: "Where you are signed in",
        sessionsText: "Browsers with a running session. Sign out what you do not know.",
        unknownBrowser: "Unknown browser",
        signedIn: (since: string, seen: string) => `Signed in ${since} · last seen ${seen}`,
        thisBrowser: "This browser",
        signOutOf: (browser: string) => `Sign out ${browser}`,
        tokens: "API tokens",
        tokensText: "For programs that upload or download in your name.",
        newToken: "New token",
        noTokens: "No tokens.",
        tokenName: "What is it for?",
        tokenExample: "Nightly import",
        tokenLife: "Valid for",
        makeToken: "Make the token",
        tokenMade: "Your new token",
        tokenOnce: "Copy it now. It is shown only this once.",
        tokenUsed: (time: string) => `Last used ${time}`,
        tokenNeverUsed: "Never used",
        tokenEnds: (time: string) => `valid until ${time}`,
        removeToken: (name: string) => `Remove the token ${name}`,
        tokenRemoved: (name: string) => `The token ${name} no longer works.`,
        export: "Take your data home",
        exportText:
            "One ZIP with everything held about you: account, batches, pictures, history. Machine-readable.",
        exportAction: "Download my data",
        back: "Back to the batches",
    },

    leaving: {
        title: "Delete my account",
        text: "Deletes the account with all batches, photos and published pictures.",
        open: "Delete my account …",
        consequences: [
            "You are signed out everywhere, at once.",
            "All picture URLs stop working, at once.",
            "Photos, sheets, pictures, history and the account are deleted within 30 days, normally within minutes.",
            "It cannot be undone.",
        ],
        exportFirst: "Download my data first",
        confirm: (name: string) => `To confirm, type your name: ${name}`,
        action: "Delete everything",
        begun: "Your account is being deleted",
        begunText: "Keep this receipt: it proves the deletion and names nobody.",
    },

    status: {
        hint: "How this server is, right now.",
        answers: "Answering",
        version: "Version",
        database: "Database",
        storage: "Storage",
        uptime: "Running for",
        disk: "Free disk space",
        jobs: "Work on photos",
        jobCounts: (waiting: string, running: string, failed: string) =>
            `${waiting} waiting · ${running} under way · ${failed} failed`,
        oldest: (time: string) => `The oldest has waited ${time}.`,
        signIn: "Sign-in",
        testMode: "Test mode",
        realSignIn: "With a provider",
    },

    keys: [
        ["↑ ↓ ← →", "Walk through photos and slots"],
        ["Enter", "Look closer; while carrying: put it there"],
        ["Space", "Pick a photo up"],
        ["1 2 3", "Take a suggestion"],
        ["M", "Choose a place by name"],
        ["R Shift+R", "Turn right, turn left"],
        ["X", "Leave out, or put back in"],
        ["U Ctrl+Z", "Undo"],
        ["/", "Find a SKU"],
        ["Escape", "Cancel, close"],
    ] as [string, string][],

    slot,
    by: (who: string) => ({ rule: "by the rule", person: "by hand", system: "" })[who] ?? who,
    verdict: (photo: Photo) => {
        if (photo.state === "failed") return "No picture";
        const names = {
            pending: "Waiting",
            left_out: "Left out",
            matched: "Matched",
            unmatched: "No SKU",
            ambiguous: "Unclear",
            duplicate: "Copy",
            rejected: "No picture",
        };
        return names[photo.verdict];
    },
};

export type Texts = typeof english;

export const texts: Texts = english;
