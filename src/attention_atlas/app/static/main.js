/** Starts the page. */

import { plotly } from "../../views/shared/plotly.js";
import { startAddress } from "./address.js";
import { startForm } from "./form.js";
import { startGlossary } from "./glossary.js";
import { startGuided } from "./guided.js";
import { startHost } from "./host.js";
import { startLost } from "./lost.js";
import { startModels } from "./models.js";
import { startOptions } from "./options.js";
import { startPickers } from "./pickers.js";
import { startRestoring } from "./restoring.js";
import { startRibbon } from "./ribbon.js";
import { startSaveButtons } from "./save-buttons.js";
import { startSaving } from "./saving.js";
import { report } from "./server.js";
import { startShown } from "./shown.js";
import { startSlots } from "./slots.js";
import { startStackMap } from "./stack-map.js";
import { on, setTheme, store } from "./store.js";
import { startTabs } from "./tabs.js";

function startThemes() {
  const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-set-theme]")]);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      setTheme(/** @type {"dark" | "light"} */ (button.dataset.setTheme));
      localStorage.setItem("theme", store.theme);
    });
  }
  on("theme", () => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.setTheme === store.theme))));
}

// Shiny's own spinner and pulse stay off: each thing here says itself what it waits for.
delete document.documentElement.dataset.shinyBusySpinners;
delete document.documentElement.dataset.shinyBusyPulse;
/** Plotly's script is large: it comes while the person reads, before the map asks for it. */
function fetchPlotlyEarly() {
  const idle = window.requestIdleCallback ?? ((callback) => setTimeout(callback, 500));
  on("trace", () => idle(() => { plotly().catch(() => {}); }));  // the map itself says what failed
}

report("selection", store.selection);
startThemes();
startHost();
fetchPlotlyEarly();
startRibbon();
startPickers();
startSlots();
startGlossary();
startGuided();
startStackMap();
startTabs();
startShown();
startOptions();
startSaving();
startSaveButtons();
startForm();
startModels();
startAddress();
startRestoring();
startLost();
