/* Shows the HTML that Python makes and tells Python what people do. No page has a script of its own.

   What an element says about itself:
     data-click="action" data-value="..."    a click (or Enter, Space on a button) is sent as {action, value}
     data-change="action" data-item="..."    a chosen or finished value is sent as {action, item, value}
     data-input="action"                     as data-change, while typing, a moment after the last key
     <form data-submit="action">             Enter or its button sends every named field as {action, value: {name: ...}}
     data-focus                              gets the focus when it appears
     data-keeps-focus                        if what had the focus in it is removed, its neighbour gets it
     data-focuses="id"                       a link that only moves the focus
     data-escape="action"                    Escape within it
   And the outermost one: data-route (kept in the address), data-title, data-unsaved (ask before leaving the page). */

const TYPING_PAUSE = 150, SLOW_AFTER = 300, LOST_AFTER = 15000;

function render({ model, el }) {
  const root = document.createElement("div");
  const lost = document.createElement("p");
  root.className = "crm";
  lost.className = "crm-lost";
  lost.setAttribute("role", "alert");
  lost.hidden = true;
  lost.innerHTML = 'The workbench does not answer. Your last saved report is safe. <a href="">Open it again</a>';
  el.append(lost, root);
  const onWholePage = document.body.dataset.voila === "voila";  // in JupyterLab the address is not ours
  let sent = 0, answered = 0, followed = 0, typing = null, waiting = [];

  function send(message) {
    model.send({ ...message, number: ++sent });
    const number = sent;
    waiting.push(setTimeout(() => answered < number && root.setAttribute("data-busy", ""), SLOW_AFTER),
                 setTimeout(() => { lost.hidden = answered >= number; }, LOST_AFTER));
  }

  function settle(number) {
    answered = Math.max(answered, number);
    syncAddress();
    if (answered < sent) return;
    waiting.forEach(clearTimeout);
    waiting = [];
    root.removeAttribute("data-busy");
    lost.hidden = true;
  }

  function valueOf(field) {
    if (field.type === "checkbox") return field.checked;
    if (field.multiple) return [...field.selectedOptions].map((option) => option.value);
    return field.value;
  }

  function report(name, field) {
    send({ action: field.dataset[name], item: field.dataset.item ?? null, value: valueOf(field) });
  }

  root.addEventListener("click", (event) => {
    const skip = event.target.closest("[data-focuses]");
    if (skip) {
      event.preventDefault();
      root.querySelector(`#${skip.dataset.focuses}`)?.focus();
    }
    const target = event.target.closest("[data-click]");
    if (!target || target.disabled) return;
    event.preventDefault();
    flush();
    send({ action: target.dataset.click, item: target.dataset.item ?? null, value: target.dataset.value ?? null });
  });
  root.addEventListener("change", (event) => {
    if (event.target.dataset?.change) report("change", event.target);
  });
  root.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.dataset?.input) return;
    clearTimeout(typing?.timer);
    typing = { field, timer: setTimeout(flush, TYPING_PAUSE) };
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    if (!form.dataset.submit) return;
    flush();
    send({ action: form.dataset.submit, item: form.dataset.item ?? null, value: Object.fromEntries(new FormData(form)) });
  });
  root.addEventListener("keydown", (event) => {
    const escape = event.key === "Escape" && event.target.closest("[data-escape]");
    if (escape) send({ action: escape.dataset.escape, item: null, value: null });
  });

  function flush() {
    if (!typing) return;
    clearTimeout(typing.timer);
    const { field } = typing;
    typing = null;
    if (field.isConnected) report("input", field);
  }

  function update() {
    const template = document.createElement("template");
    template.innerHTML = model.get("html");
    const place = placeOf(root);
    const appeared = morphChildren(root, template.content);
    restoreFocus(root, place, appeared);
    syncAddress();
  }

  /* What is shown decides the address; but while a way back is being followed, what still comes is of the page before it. */
  function syncAddress() {
    const top = root.firstElementChild;
    if (!onWholePage || !top || answered < followed) return;
    document.title = top.dataset.title || document.title;
    const route = top.dataset.route || "";
    if (route !== addressed()) {
      history[location.hash ? "pushState" : "replaceState"](null, "", "#" + route);
      scrollerOf(el).scrollTop = 0;
    }
  }

  /* What the address stands for: its path is decoded here, values after a question mark by whoever reads them. */
  function addressed() {
    const [path, ...values] = location.hash.slice(1).split("?");
    try { return [decodeURIComponent(path), ...values].join("?"); } catch { return path; }
  }

  const askBeforeLeaving = (event) => root.querySelector("[data-unsaved]") && event.preventDefault();
  const followAddress = () => {
    send({ action: "navigate", item: null, value: addressed() });
    followed = sent;
  };

  model.on("change:html", update);
  model.on("msg:custom", (message, buffers) => {
    if (message.kind === "done") settle(message.number);
    if (message.kind === "download") download(message, buffers[0]);
  });
  if (onWholePage) {
    window.addEventListener("beforeunload", askBeforeLeaving);
    window.addEventListener("popstate", followAddress);
    if (location.hash.length > 1) followAddress();
  }
  update();
  return () => {
    window.removeEventListener("beforeunload", askBeforeLeaving);
    window.removeEventListener("popstate", followAddress);
  };
}

function scrollerOf(element) {
  while (element && !/auto|scroll/.test(getComputedStyle(element).overflowY)) element = element.parentElement;
  return element || document.scrollingElement;
}

/* A file travels as bytes over the widget's own connection: no address to guard, no size limit of data: links. */
function download({ name, type }, bytes) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/* --- Changing what is shown into what should be shown, keeping elements, focus, scrolling and what is being typed. */

function morphChildren(from, to, appeared = []) {
  const keyed = new Map();
  for (const child of from.children) if (keyOf(child)) keyed.set(keyOf(child), child);
  let next = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const match = key ? keyed.get(key) : next && !keyOf(next) && next.nodeName === wanted.nodeName ? next : null;
    if (!match || match.nodeName !== wanted.nodeName) {
      from.insertBefore(wanted, next);
      if (wanted.nodeType === Node.ELEMENT_NODE) appeared.push(wanted);
      continue;
    }
    if (match === next) next = next.nextSibling;
    else from.insertBefore(match, next);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, wanted, appeared);
    else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue;
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
  return appeared;
}

function morph(from, to, appeared) {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  if (to.dataset?.version && from.isEqualNode(to)) return;
  morphChildren(from, to, appeared);
  const typed = from === document.activeElement && from.matches("input:not([type=checkbox]):not([type=radio]), textarea");
  if (from.matches("input, textarea") && !typed) from.value = to.value;
  if (from.matches("input")) from.checked = to.checked;
  if (from.matches("select")) from.value = to.value;
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset?.key || node.id : "";
}

const FOCUSABLE = "button, input, select, textarea, a[href], summary, [tabindex]";

function placeOf(root) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const group = active?.closest("[data-keeps-focus]");
  return { active, group, index: group ? [...group.querySelectorAll(FOCUSABLE)].indexOf(active) : -1,
           start: active?.selectionStart, end: active?.selectionEnd };
}

function restoreFocus(root, { active, group, index, start, end }, appeared) {
  const asked = appeared.map((node) => (node.matches("[data-focus]") ? node : node.querySelector("[data-focus]"))).find(Boolean);
  if (asked) return asked.focus();
  if (!active || active === document.activeElement) return;
  if (active.isConnected) {
    active.focus({ preventScroll: true });
    if (start != null && active.setSelectionRange) try { active.setSelectionRange(start, end); } catch { /* a field without a caret */ }
  } else if (group?.isConnected) {
    const left = [...group.querySelectorAll(FOCUSABLE)];  // what was removed had the focus: its neighbour takes it
    (left[Math.min(index, left.length - 1)] ?? group).focus({ preventScroll: true });
  } else {
    root.querySelector("main")?.focus({ preventScroll: true });
  }
}

export default { render };
