// Tabs: arrow keys go from one to the next, and the address remembers the open one.

import { byId } from "./dom.js";

/** Lets the page's tabs work. */
export function followTabs() {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const panelOf = (tab) => tab.getAttribute("aria-controls");

  function open(chosen) {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      byId(panelOf(tab)).hidden = !isChosen;
    }
  }

  function openAddressed() {
    open(tabs.find((tab) => location.hash === `#${panelOf(tab)}`) ?? tabs[0]);
  }

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => {
      history.replaceState(null, "", `#${panelOf(tab)}`);
      open(tab);
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  }
  addEventListener("hashchange", openAddressed);
  openAddressed();
}
