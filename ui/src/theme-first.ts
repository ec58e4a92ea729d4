// Runs before the first paint: the theme that was chosen, and nothing else. LST-22: this one key
// is all that the pages keep in the browser.
const chosen = localStorage.getItem("theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
