// Light, dark or as the system has it. LST-22: the key `theme` is all that is stored.
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const stored = localStorage.getItem("theme");

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

export function chooseTheme(chosen: Theme) {
    theme.value = chosen;
    if (chosen === "system") {
        localStorage.removeItem("theme");
        delete document.documentElement.dataset.theme;
    } else {
        localStorage.setItem("theme", chosen);
        document.documentElement.dataset.theme = chosen;
    }
}

export function isDark(): boolean {
    if (theme.value !== "system") return theme.value === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
}
