// SPDX-License-Identifier: GPL-2.0-or-later
// The time that the pointer is on, shared by all charts and lists. Without one they show the present.

/** @typedef {(seconds: number | null, from: object) => void} Watcher */

export class Cursor {
	constructor() {
		/** @type {number | null} */
		this.seconds = null;
		/** @type {Set<Watcher>} */
		this.watchers = new Set();
	}

	/** @param {Watcher} watcher */
	watch(watcher) {
		this.watchers.add(watcher);
	}

	/**
	 * @param {number | null} seconds since 1970
	 * @param {object} from the chart with the pointer
	 */
	set(seconds, from) {
		if (seconds === this.seconds)
			return;
		this.seconds = seconds;
		for (const watcher of this.watchers)
			watcher(seconds, from);
	}
}
