// SPDX-License-Identifier: GPL-2.0-or-later
// Creates elements, and updates them only if something differs. Text never passes through an HTML parser.

/**
 * The page's element with that id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function by_id(id, kind) {
	const element = document.getElementById(id);
	if (!(element instanceof kind))
		throw new Error(`the page has no ${kind.name} #${id}`);
	return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} [attributes] functions are event listeners: {click: ...}
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		if (typeof value === "function")
			element.addEventListener(name, value);
		else if (value === true)
			element.setAttribute(name, "");
		else if (value !== false)
			element.setAttribute(name, value);
	element.append(...children);
	return element;
}

/**
 * @param {Node} node
 * @param {string} text
 */
export function set_text(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value null: remove it
 */
export function set_attribute(element, name, value) {
	if (value === null)
		element.removeAttribute(name);
	else if (element.getAttribute(name) !== value)
		element.setAttribute(name, value);
}

/**
 * Keeps one child per key, in order; moves existing children only if necessary.
 * @template T
 * @template {HTMLElement} E
 * @param {HTMLElement} parent
 * @param {Map<string, E>} known the children of the last call, by key
 * @param {readonly T[]} items
 * @param {(item: T) => string} key_of
 * @param {(item: T) => E} make
 * @param {(element: E, item: T) => void} update
 */
export function keyed(parent, known, items, key_of, make, update) {
	const gone = new Set(known.keys());
	let place = parent.firstElementChild;
	for (const item of items) {
		const key = key_of(item);
		let element = known.get(key);
		if (!element || !gone.delete(key)) {
			element = make(item);
			known.set(key, element);
		}
		if (element === place)
			place = place.nextElementSibling;
		else
			parent.insertBefore(element, place);
		update(element, item);
	}
	for (const key of gone) {
		known.get(key)?.remove();
		known.delete(key);
	}
}

/**
 * A group of buttons, one of which is pressed.
 * @template {string} T
 * @param {HTMLElement} group contains buttons with values
 * @param {(value: T) => void} chosen
 * @returns {(value: T) => void} sets the pressed one
 */
export function choice(group, chosen) {
	const buttons = [...group.querySelectorAll("button")];
	/** @param {T} value */
	const show = (value) => {
		for (const button of buttons)
			set_attribute(button, "aria-pressed", String(button.value === value));
	};
	group.addEventListener("click", (event) => {
		const button = event.target instanceof Element ? event.target.closest("button") : null;
		if (button) {
			show(/** @type {T} */ (button.value));
			chosen(/** @type {T} */ (button.value));
		}
	});
	return show;
}

/**
 * A length in the style sheet's :root, such as --gutter, in CSS pixels.
 * @param {string} name
 */
export function root_length(name) {
	const root = getComputedStyle(document.documentElement);
	const rem = parseFloat(root.fontSize);
	return name === "rem" ? rem : parseFloat(root.getPropertyValue(name)) * rem;
}
