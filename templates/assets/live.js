// Pages that keep themselves up to date. The page's own address is the stream; what comes on it is put in place by htmx,
// so that Trusted Types and the nonces of hx-csp hold for it as for every page. Without this file the page stands as it
// was sent.
(() => {
  "use strict";
  // Milliseconds: without a connection until it is said; without a word, not even a beat, until the connection is taken
  // for dead; the longest wait between two attempts; between two announcements to who listens to the page; between two
  // times that a page is asked for anew, with all that other plugins have on it.
  const SAID_AFTER = 3000, DEAD_AFTER = 45000, LONGEST_WAIT = 8000, ANNOUNCED_EVERY = 5000, RELOADED_EVERY = 1000;
  // A page that nobody looks at lets go of its connection. Over HTTP/1.1 a browser has six for all of its windows, so
  // there it does so soon.
  const LEFT_AFTER = /^h[23]/.test(performance.getEntriesByType("navigation")[0]?.nextHopProtocol) ? 300000 : 15000;
  // Rows of a log or a feed that are kept: while their end is in view, and while somebody reads further up.
  const ROWS = 2000, ROWS_READ = 20000;
  // What a server answers that it is no use to ask again after.
  const OVER = { 401: "signed-out", 403: "denied", 404: "not-found", 410: "updated" };

  let inside = null; // of htmx
  let stream = null; // of the page that is open
  let reloaded = 0; // when that was asked for anew

  htmx.registerExtension("vestry-live", {
    init: api => { inside = api; },
    // What the reader opened stays open, and a bar keeps the name that its page gave it.
    htmx_before_morph_attr: (element, { attrName }) =>
      !(attrName === "open" && element.tagName === "DETAILS") && !(attrName === "aria-label" && element.tagName === "PROGRESS"),
  });

  // -- Whether something is being done on a page or a part of it, so that it must not change under the hand: typing, a
  // form that is filled in and not sent, ticked rows, a question that is asked.
  const TYPING = "input:not([type=button], [type=submit], [type=hidden]), select, textarea, [contenteditable]";
  function changed(control) {
    if (control.type === "hidden" || control.disabled) return false;
    if (control.tagName === "SELECT") {
      const options = [...control.options];
      const given = options.some(option => option.defaultSelected);
      return options.some((option, index) => option.selected !== (given || control.multiple ? option.defaultSelected : index === 0));
    }
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.type === "file") return control.files.length > 0;
    return control.value !== control.defaultValue;
  }
  function isInUse(part) {
    if (document.querySelector("dialog[open]")) return true;
    if (document.activeElement?.matches(TYPING) && part.contains(document.activeElement)) return true;
    // A row's tick box stands in the table, its form beside it.
    return [...part.querySelectorAll("input, select, textarea")].some(changed);
  }

  // -- Putting markup in place.
  function put(html, response, target, swap, more = {}) {
    const source = document.querySelector("[data-stream]") ?? document.body;
    const ctx = { text: html, target, swap, sourceElement: source, isLive: true, response: { raw: { url: response.url }, headers: response.headers }, ...more };
    // hx-csp takes the nonce of this answer for the page's, as it does for every answer.
    inside.triggerHtmxEvent(source, "htmx:after:request", { ctx });
    return htmx.swap(ctx);
  }
  const prepare = piece => piece.dispatchEvent(new CustomEvent("vestry:put", { bubbles: true }));

  // The end of a box is where new rows come: below, or above where the newest stand first.
  const isNewestFirst = box => box.hasAttribute("data-newest-first");
  const isAtEnd = box => (isNewestFirst(box) ? box.scrollTop : box.scrollHeight - box.scrollTop - box.clientHeight) < 40;
  // How many, as the page's language says it.
  function words(button, count) {
    const forms = JSON.parse(button.dataset.forms), form = forms[new Intl.PluralRules(document.documentElement.lang).select(count)];
    return (form ?? (count === 1 ? button.dataset.one : forms.other)).replace("{count}", count);
  }
  const toEnd = box => { box.scrollTop = isNewestFirst(box) ? 0 : box.scrollHeight; };

  // Lines are drawn without those before them: a source keeps the colour that it has in its list, a new one takes one that
  // none has there, as the server does for a whole block.
  const TONES = [0, 1, 2, 3, 4, 5, 6, 7], colours = new WeakMap();
  const sources = rows => rows.map(row => row.querySelector(".log-source")).filter(source => source);
  const tone = source => Number(source.className.match(/tone-(\d)/)?.[1] ?? 0);
  function known(list) {
    if (!colours.has(list)) colours.set(list, new Map(sources([...list.children]).map(source => [source.textContent, tone(source)])));
    return colours.get(list);
  }
  function paint(tones, rows) {
    for (const source of sources(rows)) {
      const name = source.textContent, own = tone(source), taken = [...tones.values()];
      if (!tones.has(name)) tones.set(name, TONES.map(step => (own + step) % TONES.length).find(free => !taken.includes(free)) ?? own);
      source.classList.replace(`tone-${own}`, `tone-${tones.get(name)}`);
    }
  }

  async function append(block, html, response) {
    const box = block.querySelector("[data-rows]"), list = box?.querySelector("ol");
    if (!list || box.closest(".block") !== block) return;
    const button = block.querySelector("[data-rows-more]"), stays = isAtEnd(box), before = list.children.length;
    const above = isNewestFirst(box), tones = known(list);
    await put(html, response, list, above ? "afterbegin" : "beforeend", { select: "ol > li" });
    const added = list.children.length - before;
    const rows = above ? [...list.children].slice(0, added) : [...list.children].slice(before);
    paint(tones, rows);
    for (const row of rows) prepare(row);
    for (let over = list.children.length - (stays ? ROWS : ROWS_READ); over > 0; over--) (above ? list.lastElementChild : list.firstElementChild).remove();
    if (stays) toEnd(box);
    else {
      button.dataset.count = Number(button.dataset.count ?? 0) + rows.length;
      button.textContent = words(button, Number(button.dataset.count));
      button.hidden = false;
    }
    announce(button, rows);
  }
  function seen(box) {
    const button = box.parentElement.querySelector("[data-rows-more]");
    if (!button || button.hidden || !isAtEnd(box)) return;
    button.hidden = true;
    button.dataset.count = 0;
  }
  addEventListener("scroll", event => { if (event.target.matches?.("[data-rows]")) seen(event.target); }, true);
  addEventListener("click", event => {
    const button = event.target.closest?.("[data-rows-more]");
    if (!button) return;
    const box = button.parentElement.querySelector("[data-rows]");
    box.focus({ preventScroll: true });
    toEnd(box);
    seen(box);
  });

  // Who listens to the page hears of new rows from time to time: what they say where they are few, else how many.
  const unsaid = new Map();
  let saying = null;
  function announce(button, rows) {
    const known = unsaid.get(button) ?? [];
    known.push(...rows.map(row => row.textContent));
    unsaid.set(button, known);
    saying ??= setTimeout(say, 500);
  }
  function say() {
    const said = [...unsaid].map(([button, texts]) =>
      texts.length > 3 ? words(button, texts.length) : texts.map(text => text.replace(/\s+/g, " ").trim()).join(". "));
    unsaid.clear();
    if (said.length) document.getElementById("live").textContent = said.join(". ");
    saying = said.length ? setTimeout(say, ANNOUNCED_EVERY) : null;
  }

  // -- Events as the server writes them: lines of `field: value`, an empty one behind each event.
  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const from = Math.max(0, text.length - 1);
      text += value;
      if (text.indexOf("\n\n", from) < 0) { yield null; continue; }
      const whole = text.split("\n\n");
      text = whole.pop();
      for (const part of whole) {
        yield Object.fromEntries(part.split("\n").map(line => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      }
    }
  }

  class Stream {
    constructor(page) {
      this.page = page;
      this.address = page.dataset.stream;
      this.id = null;
      this.attempts = 0;
      this.retry = 1000;
      this.held = new Map();
      this.lost = setTimeout(() => this.tell("lost"), SAID_AFTER);
      this.open();
    }

    async open() {
      const ending = this.ending = new AbortController();
      let watch;
      const alive = () => { clearTimeout(watch); watch = setTimeout(() => ending.abort(), DEAD_AFTER); };
      alive();
      try {
        const headers = { Accept: "text/event-stream" };
        if (this.id) headers["Last-Event-ID"] = this.id;
        const response = await fetch(this.address, { headers, redirect: "manual", cache: "no-store", signal: ending.signal });
        const over = response.type === "opaqueredirect" ? "signed-out" : OVER[response.status];
        if (over) return this.end(over);
        if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new Error(response.status);
        this.found();
        for await (const event of events(response.body)) {
          alive();
          if (ending.signal.aborted) break;
          if (!event) continue;
          this.attempts = 0;
          if (event.retry) this.retry = Number(event.retry);
          if (event.event === "gone") return this.end(JSON.parse(event.data).reason);
          for (const change of event.data ? JSON.parse(event.data).updates : []) {
            await this.apply(change, response);
            // Another page is there, which has the rest already.
            if (this.isClosed) return;
          }
          if (event.id) this.id = event.id;
        }
      } catch { /* no connection, or none any more: it is tried again */ } finally { clearTimeout(watch); }
      if (this.ending !== ending || this.isClosed) return;
      this.lost ??= setTimeout(() => this.tell("lost"), SAID_AFTER);
      const wait = Math.min(this.retry * 2 ** this.attempts++, LONGEST_WAIT);
      this.again = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
    }

    found() {
      clearTimeout(this.lost);
      this.lost = null;
      this.tell(null);
    }

    // Lets go of the connection, for good or until `resume`.
    close() {
      this.isClosed = true;
      clearTimeout(this.lost);
      clearTimeout(this.again);
      this.lost = null;
      this.ending.abort();
    }
    // The network is back: no need to wait.
    hurry() {
      if (this.lost === null || this.isClosed) return;
      clearTimeout(this.again);
      this.ending.abort();
      this.open();
    }
    resume() {
      if (!this.isClosed || this.isOver) return;
      this.isClosed = false;
      this.attempts = 0;
      this.lost = setTimeout(() => this.tell("lost"), SAID_AFTER);
      this.open();
    }

    // Nothing more comes.
    end(reason) {
      this.isOver = true;
      this.close();
      if (reason === "updated") this.renew();
      else this.tell(reason);
    }

    // Until another page is there: the server may be away, or the page be in use.
    async renew() {
      if (stream !== this) return;
      await this.reload();
      setTimeout(() => this.renew(), 5000);
    }

    tell(word) {
      for (const line of document.querySelectorAll("[data-live-word]")) line.hidden = line.dataset.liveWord !== word;
      for (const link of document.querySelectorAll("[data-live-again]")) link.href = `/account/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
      this.page.toggleAttribute("data-stream-lost", word !== null);
    }

    async apply(change, response) {
      if (change.how === "reload") return this.reload();
      // A block of the page itself: what another plugin has on it is not the page's to change.
      const block = document.getElementById(change.id);
      if (!block || !this.page.contains(block) || block.closest("[data-part]")) return;
      const held = this.held.get(change.id);
      if (held || (change.how === "replace" && isInUse(block))) {
        // A block that is replaced needs nothing of what came before.
        this.held.set(change.id, change.how === "replace" ? [[change, response]] : [...held, [change, response]]);
        return;
      }
      if (change.how === "append") return append(block, change.html, response);
      await put(change.html, response, block, "outerMorph");
      const now = document.getElementById(change.id);
      if (now) prepare(now);
    }

    // The page as it is now, put in place of this one: what is the same stays.
    reload() {
      this.reloading ??= this.fetchAnew().finally(() => { this.reloading = null; });
      return this.reloading;
    }
    async fetchAnew() {
      await new Promise(done => setTimeout(done, Math.max(0, reloaded + RELOADED_EVERY - Date.now())));
      if (stream !== this) return;
      if (isInUse(this.page)) { this.wantsReload = true; return; }
      this.wantsReload = false;
      this.held.clear();
      reloaded = Date.now();
      return htmx.ajax("GET", location.pathname + location.search, { source: this.page, target: "#page", select: "#page", swap: "outerMorph", isLive: true, isReload: true });
    }

    // What had to wait, where nothing is in use any more.
    async settle() {
      if (this.wantsReload) return this.reload();
      for (const [id, changes] of [...this.held]) {
        const block = document.getElementById(id);
        if (block && isInUse(block)) continue;
        this.held.delete(id);
        for (const [change, response] of changes) await this.apply(change, response);
      }
    }
  }

  // -- The page that is open has the stream that it names, or none. Boxes of rows are first shown at their end.
  const shown = new WeakSet();
  function follow() {
    const page = document.querySelector("[data-stream]");
    if (stream && stream.page === page && stream.address === page.dataset.stream) return;
    stream?.close();
    stream = page ? new Stream(page) : null;
    for (const box of document.querySelectorAll("[data-rows]")) if (!shown.has(box)) { shown.add(box); toEnd(box); }
    if (stream && document.hidden) left();
  }
  document.addEventListener("htmx:after:swap", follow);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", follow);
  else follow();

  const settle = () => setTimeout(() => stream?.settle(), 100);
  for (const name of ["focusout", "change", "reset", "close"]) addEventListener(name, settle, true);

  let leaving = null;
  function left() { leaving ??= setTimeout(() => { leaving = null; stream?.close(); }, LEFT_AFTER); }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return left();
    clearTimeout(leaving);
    leaving = null;
    stream?.resume();
  });
  addEventListener("online", () => stream?.hurry());
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", event => { if (event.persisted) stream?.resume(); });
})();
