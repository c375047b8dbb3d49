// What Vestry's pages do beyond links and forms. Every page works without this file; it makes them quicker to use:
// light and dark, questions before something is done, fields that depend on others, ticking all rows, signatures,
// local times. No inline handlers, no markup from strings: the Content-Security-Policy forbids both.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // -- Light and dark. Kept in this browser and, as a cookie, told to the server, so that the next page comes right.
  const stored = () => { try { return localStorage.getItem("vestry-theme"); } catch { return null; } };
  function applyTheme(theme) {
    root.dataset.theme = theme;
    if (theme === "light" || theme === "dark") root.dataset.bsTheme = theme;
    else delete root.dataset.bsTheme;
  }
  if (stored()) applyTheme(stored());
  function switchTheme() {
    const dark = root.dataset.bsTheme ? root.dataset.bsTheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const theme = dark ? "light" : "dark";
    try { localStorage.setItem("vestry-theme", theme); } catch { /* the cookie is enough */ }
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
    applyTheme(theme);
  }

  // -- Asking before something is done. The button is pressed again once the answer is yes.
  let agreed = null;
  function ask(button) {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    const question = document.createElement("p");
    question.id = "ask-question";
    question.textContent = button.dataset.confirm;
    dialog.setAttribute("aria-labelledby", question.id);
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    const no = document.createElement("button");
    no.type = "button";
    no.className = "btn btn-neutral";
    no.textContent = document.body.dataset.cancel;
    const yes = document.createElement("button");
    yes.type = "button";
    yes.className = button.classList.contains("btn-danger") ? "btn btn-danger" : "btn btn-primary";
    yes.textContent = button.textContent.trim();
    buttons.append(no, yes);
    dialog.append(question, buttons);
    document.body.append(dialog);
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => { dialog.close(); agreed = button; button.click(); });
    dialog.addEventListener("close", () => { dialog.remove(); if (agreed !== button && button.isConnected) button.focus(); });
    dialog.showModal();
    no.focus();
  }
  addEventListener("click", event => {
    const button = event.target.closest?.("[data-confirm]");
    if (!button) return;
    if (agreed === button) { agreed = null; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!button.form || button.formNoValidate || button.form.reportValidity()) ask(button);
  }, true);

  // -- Fields that are shown only while another has one of some values.
  function valuesOf(form, name) {
    return [...form.elements].filter(control => control.name === name && !control.disabled)
      .filter(control => !["checkbox", "radio"].includes(control.type) || control.checked)
      .map(control => control.value);
  }
  function update(form) {
    for (const field of form.querySelectorAll("[data-when]")) {
      const given = valuesOf(form, field.dataset.when);
      const wanted = JSON.parse(field.dataset.whenValues);
      const shown = wanted.some(value => given.includes(value) || (value === "false" && given.length === 0));
      field.hidden = !shown;
      for (const control of field.querySelectorAll("input, select, textarea")) {
        if (control.dataset.locked === undefined) control.dataset.locked = control.disabled ? "yes" : "";
        control.disabled = !shown || control.dataset.locked === "yes";
        if ("required" in control.dataset) control.required = shown;
      }
    }
  }

  // -- Ticked rows. How many, as the page's language says it.
  function counted(text, number) {
    const forms = JSON.parse(text.dataset.forms), form = forms[new Intl.PluralRules(root.lang).select(number)];
    return (form ?? (number === 1 ? text.dataset.one : forms.other)).replace("{count}", number);
  }
  function count(form) {
    const boxes = [...form.elements].filter(control => control.name === "key");
    const ticked = boxes.filter(box => box.checked).length;
    const all = form.querySelector("[data-bulk-all]");
    const everything = all?.checked ?? false;
    const text = form.querySelector(".bulk-count");
    text.textContent = counted(text, ticked);
    text.hidden = everything;
    form.hidden = ticked === 0 && !everything;
    for (const box of boxes) box.disabled = everything;
    const page = document.querySelector(`[data-bulk-page="${form.id}"]`);
    if (page) {
      page.hidden = false;
      page.disabled = everything;
      page.checked = ticked > 0 && ticked === boxes.length;
      page.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    if (all) all.closest("label").hidden = !everything && ticked < boxes.length;
  }

  // -- Signatures: what is drawn becomes the file that the form sends.
  function signature(box) {
    const [input, canvas, tools] = ["input", "canvas", "[data-signature-tools]"].map(name => box.querySelector(name));
    const pen = canvas.getContext("2d");
    let drawing = false;
    const place = event => {
      const area = canvas.getBoundingClientRect();
      return [(event.clientX - area.left) * canvas.width / area.width, (event.clientY - area.top) * canvas.height / area.height];
    };
    pen.lineWidth = 2.5; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#111";
    canvas.hidden = tools.hidden = false;
    input.classList.add("visually-hidden");
    canvas.addEventListener("pointerdown", event => {
      drawing = true;
      canvas.setPointerCapture(event.pointerId);
      pen.beginPath();
      pen.moveTo(...place(event));
    });
    canvas.addEventListener("pointermove", event => { if (drawing) { pen.lineTo(...place(event)); pen.stroke(); } });
    canvas.addEventListener("pointerup", () => {
      drawing = false;
      canvas.toBlob(blob => {
        const files = new DataTransfer();
        files.items.add(new File([blob], "signature.png", { type: "image/png" }));
        input.files = files.files;
      }, "image/png");
    });
    box.querySelector("[data-signature-clear]").addEventListener("click", () => { pen.clearRect(0, 0, canvas.width, canvas.height); input.value = ""; });
    box.querySelector("[data-signature-upload]").addEventListener("click", () => { canvas.hidden = tools.hidden = true; input.classList.remove("visually-hidden"); input.focus(); });
  }

  function checkSize(input) {
    const limit = Number(input.dataset.maxBytes);
    const large = [...input.files].some(file => file.size > limit);
    input.setCustomValidity(large ? input.dataset.tooLarge : "");
    if (large) input.reportValidity();
  }

  // -- Times as this browser has them: in tables how long ago, or the day; in logs to the second; else in full.
  const full = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short" });
  const day = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium" });
  const ago = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto", style: "short" });
  const second = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium" });
  const STEPS = [["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 7]];
  function tell(time) {
    const instant = new Date(time.dateTime);
    if (isNaN(instant)) return;
    time.title = `${full.format(instant)} (${time.dateTime.slice(0, 16).replace("T", " ")} UTC)`;
    if (time.closest(".log")) time.textContent = second.format(instant);
    else if (!time.closest(".table")) time.textContent = full.format(instant);
    else {
      const seconds = Math.round((instant - Date.now()) / 1000);
      const step = STEPS.find(([, size, most]) => Math.abs(seconds) < size * most);
      time.textContent = step ? ago.format(Math.trunc(seconds / step[1]), step[0]) : day.format(instant);
    }
  }

  // -- Copying what a field or a text holds. Where the browser does not let a script do that, it is marked to be copied by hand.
  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    try { await navigator.clipboard.writeText(source.value ?? source.textContent); } catch { return; }
    button.textContent = button.dataset.copied;
    document.getElementById("live").textContent = button.dataset.copied;
  }

  // -- Whatever of all this a page, or a piece of one, has.
  function prepare(piece, isLive = false) {
    for (const button of piece.querySelectorAll("[data-theme-switch], [data-copy]")) button.hidden = false;
    for (const form of piece.querySelectorAll("form:has([data-when])")) update(form);
    for (const form of piece.querySelectorAll("[data-bulk]")) count(form);
    for (const box of piece.querySelectorAll("[data-signature]")) signature(box);
    for (const time of piece.querySelectorAll("time[datetime*=T]")) tell(time);
    if (!isLive) piece.querySelector("[data-errors]")?.focus();
  }

  addEventListener("change", event => {
    const { target } = event;
    if (target.matches("[data-bulk-page]")) {
      const form = document.getElementById(target.dataset.bulkPage);
      for (const box of form.elements) if (box.name === "key") box.checked = target.checked;
      count(form);
    } else if (target.form?.matches("[data-bulk]")) count(target.form);
    else if (target.form?.querySelector("[data-when]")) update(target.form);
    if (target.matches("[data-max-bytes]")) checkSize(target);
  });
  addEventListener("click", event => {
    if (event.target.closest?.("[data-theme-switch]")) switchTheme();
    const copied = event.target.closest?.("[data-copy]");
    if (copied) copy(copied);
    for (const open of document.querySelectorAll("details[data-pop][open]")) if (!open.contains(event.target)) open.open = false;
    // A tab that is open stays open: one always is.
    const tab = event.target.closest?.(".tab[open] > summary");
    if (tab) event.preventDefault();
  });
  addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll("details[data-pop][open]")) { open.open = false; open.querySelector("summary").focus(); }
  });

  addEventListener("vestry:put", event => prepare(event.target, true));

  // -- Files are for the browser to save or to show, not for htmx to put in: it asks for them itself, as they come.
  document.addEventListener("htmx:before:response", event => {
    const { raw } = event.detail.ctx.response;
    const isAsked = event.detail.ctx.request.method === "GET" || raw.redirected;
    if (!isAsked || !raw.headers.has("Content-Disposition")) return;
    event.preventDefault();
    raw.body?.cancel();
    location.assign(raw.url);
  });

  // -- After htmx put a new page in: prepare it, say its title, and start reading at its top where it is another page.
  let shownPath = location.pathname;
  document.addEventListener("htmx:after:swap", event => {
    const page = document.getElementById("page");
    // What changes on a page that is open is prepared by who put it there: nobody went anywhere.
    const { isLive, isReload, response } = event.detail.ctx ?? {};
    if (!page || (isLive && !isReload)) return;
    // A page that was asked for anew can lead on: what it waited for is done. Then its address is that of the other.
    const ledOn = isReload && response?.raw?.redirected;
    if (ledOn) history.replaceState(history.state, "", response.raw.url);
    prepare(page, isLive && !ledOn);
    if (isLive && !ledOn) return;
    const said = [...page.querySelectorAll(".notices .notice")].map(notice => notice.textContent.trim());
    document.getElementById("live").textContent = [document.title, ...said].join(". ");
    requestAnimationFrame(() => {
      if (location.pathname === shownPath) return;
      shownPath = location.pathname;
      scrollTo(0, 0);
      if (!page.querySelector("[data-errors], [autofocus]")) document.getElementById("main")?.focus({ preventScroll: true });
    });
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => prepare(document));
  else prepare(document);
})();
