/** What came in + what a step found, and the LayerNorm of the two. */

import { live } from "../shared/live.js";
import { sums } from "../shared/sums.js";

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-add-norm");
    /** @type {ReturnType<typeof sums> | undefined} */
    let added;
    return live(model, el, (scene) => {
      if (!added) {
        added = sums(scene.signal);
        el.replaceChildren(added.node);
      }
      const { picture, theme, width } = scene.changed;
      if (picture || theme || width) added.show(scene, scene.state.rows, scene.state.token);
    });
  },
};
