// All that is written by hand: every page works without it.

// The theme goes into a cookie, so that the server sends the right one and nothing flashes.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax${secure}`;
});

// An open menu closes on a click elsewhere and on Escape.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.me[open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
};
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
});

// Of the ten parts of a split, the empty ones wait until they are asked for.
for (const splits of document.querySelectorAll("[data-splits]")) {
  const more = splits.querySelector("[data-splits-more]");
  const isEmpty = (part) => [...part.querySelectorAll("input:not([type=hidden]), select")].every((input) => !input.value);
  [...splits.querySelectorAll(".split")].forEach((part, index) => {
    part.hidden = index > 1 && isEmpty(part);
  });
  const refresh = () => {
    more.hidden = !splits.querySelector(".split[hidden]");
  };
  more.addEventListener("click", () => {
    const part = splits.querySelector(".split[hidden]");
    part.hidden = false;
    part.querySelector("select, input:not([type=hidden])").focus();
    refresh();
  });
  refresh();
}

// A part that can't be loaded becomes a plain page load, which shows what is wrong.
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const link = event.detail.elt.closest("a[href]");
    if (link) location.assign(link.href);
  });
}

// A form goes once, however often it is clicked; coming back to the page makes it ready again.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if ("sent" in event.target.dataset) event.preventDefault();
  event.target.dataset.sent = "";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
