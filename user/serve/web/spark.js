// SPDX-License-Identifier: GPL-2.0-or-later
// A sparkline: one value over time, as high as a line of text.

/**
 * Draws a sparkline over the whole canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {(number | null)[]} values oldest first
 * @param {string} colour
 * @param {number | null} at the cursor, from 0 (left) to 1
 * @param {string} cursor_colour
 */
export function draw_spark(canvas, values, colour, at, cursor_colour) {
	const width = Math.round(canvas.clientWidth * devicePixelRatio);
	const height = Math.round(canvas.clientHeight * devicePixelRatio);
	const context = canvas.getContext("2d");
	if (!context || !width || !height)
		return;
	if (canvas.width !== width || canvas.height !== height) {
		canvas.width = width;
		canvas.height = height;
	}
	context.clearRect(0, 0, width, height);
	let most = 0;
	for (const value of values)
		if (value !== null && value > most)
			most = value;
	if (at !== null) {
		context.fillStyle = cursor_colour;
		context.fillRect(Math.round(at * (width - 1)), 0, Math.max(1, Math.round(devicePixelRatio)), height);
	}
	if (!most)
		return;
	/* each column of pixels shows the largest of its values, so that no peak is lost */
	const line = Math.max(1, devicePixelRatio);
	context.beginPath();
	let open = false;
	for (let x = 0; x < width; x++) {
		const first = Math.floor((x * values.length) / width);
		const end = Math.max(first + 1, Math.floor(((x + 1) * values.length) / width));
		let value = null;
		for (let i = first; i < end; i++)
			if (values[i] !== null && (value === null || /** @type {number} */ (values[i]) > value))
				value = values[i];
		if (value === null) {
			open = false;
			continue;
		}
		const y = height - line / 2 - (value / most) * (height - line);
		if (open)
			context.lineTo(x, y);
		else
			context.moveTo(x, y);
		open = true;
	}
	context.strokeStyle = colour;
	context.lineWidth = line;
	context.stroke();
}
