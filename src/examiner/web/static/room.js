// The answer box: journal first, then the network; "saved" only when the server has said so.
(function () {
  "use strict";
  const room = document.getElementById("room");
  const session = room.dataset.session, turn = room.dataset.turn, token = room.dataset.token;
  const box = document.getElementById("text"), form = document.getElementById("answer-form");
  const line = document.getElementById("saved"), banner = document.getElementById("banner");
  const PAUSE = 1000, EVERY = 5000, RETRY = 3000, PULSE = 15000, LISTEN = 300;
  let version = Number(room.dataset.version), acknowledged = box ? box.defaultValue : "";
  let typing = 0, latest = 0, busy = null, fenced = false, sending = false, leaving = false, ready = false;

  function say(state, text) { if (line) { line.dataset.state = state; line.textContent = text; } }

  function warn(kind, parts) {
    banner.dataset.kind = kind;
    banner.replaceChildren.apply(banner, parts.map(function (part) {
      if (typeof part !== "string") return part;
      const p = document.createElement("p");
      p.textContent = part;
      return p;
    }));
    banner.hidden = false;
  }
  function calm(kind) { if (banner.dataset.kind === kind) { banner.hidden = true; banner.dataset.kind = ""; } }
  function stamp(at) { const d = new Date(at); return [d.getHours(), d.getMinutes(), d.getSeconds()].map(function (n) { return String(n).padStart(2, "0"); }).join(":"); }
  function again() { leaving = true; window.location.assign("/interview"); }
  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button"; made.className = "button quiet"; made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }
  function quote(text) { const b = document.createElement("blockquote"); b.textContent = text; return b; }

  function offline() {
    warn("offline", ["No connection. What you write is kept in this browser and is sent as soon as the connection is back. You can go on writing."]);
    say("kept", "Not saved on the server; kept in this browser since " + stamp(Date.now()) + ".");
  }

  function fence(parts) {
    fenced = true;
    if (box) box.readOnly = true;
    warn("fence", parts);
    say("lost", "Not saving here.");
  }
  function elsewhere() {
    fence([
      "This interview was opened on another device, so this page no longer writes. What you typed here is kept.",
      button("Go on here instead", async function () {
        await post("/interview/here", { form_token: token });
        again();
      }),
    ]);
  }
  function overtaken(other) {
    fence([
      "Another tab saved a newer text to this question. Both are kept. This is the other one:",
      quote(other.current),
      button("Go on with that one", async function () { await journal.acknowledged(session, turn, "draft", box.value); again(); }),
      button("Go on with mine", function () {
        fenced = false; box.readOnly = false; version = other.version; acknowledged = null; calm("fence"); save();
      }),
    ]);
  }

  async function keep(kind) {
    try {
      await journal.keep({ session: session, turn: turn, kind: kind, text: box.value, version: version + 1, at: new Date().toISOString() });
      return true;
    } catch (error) {
      return false; // no journal in this browser: the network alone
    }
  }

  function refused(reply) {
    const code = reply.data.code;
    if (code === "stale_draft") overtaken(reply.data);
    else if (code === "taken_over") elsewhere();
    else if (["time_up", "wrong_turn", "wrong_stage", "ended", "not_started", "on_break"].includes(code)) again();
    else say("lost", "Not saved: " + (reply.data.says || "the server refused it") + ".");
  }

  // Letters typed while a text was on its way are not saved yet: its receipt does not say that they are.
  function told(text, at) {
    if (box.value === text) say("saved", "Saved " + stamp(at) + ".");
    else say("", "Saved " + stamp(at) + "; the last words are not saved yet.");
  }

  // Sends what stands in the box; one request at a time, so that versions arrive in order.
  async function save() {
    if (!box || !ready || fenced || sending || leaving) return;
    if (busy) { await busy; if (box.value === acknowledged) return; }
    busy = once();
    await busy;
    busy = null;
  }
  async function once() {
    const text = box.value;
    if (text === acknowledged) return;
    const kept = await keep("draft");
    const reply = await post("/interview/draft", {
      form_token: token, turn: turn, text: text, version: version + 1, client_at: new Date().toISOString(), typed: "1",
    });
    if (!reply) {
      offline();
      if (!kept) say("lost", "Not saved, and this browser keeps no copy. Copy your text before you close this page.");
      window.setTimeout(save, RETRY);
    } else if (reply.status === 200) {
      acknowledged = text;
      version = reply.data.version;
      form.elements.version.value = version;
      calm("offline");
      told(text, reply.data.at);
      await journal.acknowledged(session, turn, "draft", text).catch(function () {});
    } else if (reply.status === 507) {
      say("kept", "The server cannot save now; your text is kept in this browser.");
      window.setTimeout(save, RETRY);
    } else refused(reply);
  }

  function typed() {
    window.clearTimeout(typing);
    typing = window.setTimeout(save, PAUSE);
    if (!latest) latest = window.setTimeout(function () { latest = 0; save(); }, EVERY);
    if (!fenced && line.dataset.state !== "kept") say("", "Not saved yet.");
    if (!fenced) keep("draft");
  }

  async function submit() {
    if (sending || fenced) return;
    if (!box.value.trim()) { say("lost", "There is nothing in the box yet. Write an answer, or pass on it."); box.focus(); return; }
    await save();
    if (fenced) return;
    sending = true;
    box.readOnly = true;
    document.getElementById("send").disabled = true;
    await keep("answer");
    deliver();
  }
  // While the next follow-up is on its way: what has been said of it so far, each piece stored before it is shown.
  let hearing = false;
  async function hear() {
    const place = document.getElementById("saying"), words = document.getElementById("words");
    if (hearing || !place) return;
    hearing = true;
    try {
      const reply = await fetch("/interview/pulse", { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const said = reply.ok ? (await reply.json()).saying : "";
      if (said && said !== words.textContent) { words.textContent = said; place.hidden = false; place.scrollIntoView({ block: "nearest" }); }
    } catch (error) { /* the answer's own request says that the connection is gone */ }
    hearing = false;
  }

  async function deliver() {
    const listening = window.setInterval(hear, LISTEN);
    say("kept", "Submitting.");
    const reply = await post("/interview/answer", {
      form_token: token, turn: turn, text: box.value, version: version, client_at: new Date().toISOString(), typed: "1",
    });
    window.clearInterval(listening);
    if (!reply) {
      warn("offline", ["No connection. Your answer is kept in this browser and is submitted as soon as the connection is back. Leave this page open if you can."]);
      say("kept", "Not submitted yet.");
      window.setTimeout(deliver, RETRY);
      return;
    }
    if (reply.status === 200 || reply.data.code === "time_up" || reply.data.code === "wrong_turn") {
      await journal.acknowledged(session, turn, "answer", box.value).catch(function () {});
      await journal.acknowledged(session, turn, "draft", box.value).catch(function () {});
      again();
      return;
    }
    sending = false;
    box.readOnly = false;
    document.getElementById("send").disabled = false;
    refused(reply);
  }

  // Another button of the form (hint, question, pass): what was typed goes along; without a connection it stays here.
  form && form.addEventListener("submit", function (event) {
    const by = event.submitter;
    const to = by && by.getAttribute("formaction");
    if (!to) { event.preventDefault(); submit(); return; }
    if (to === "/interview/draft") { event.preventDefault(); save(); return; }
    event.preventDefault();
    save().then(function () {
      if (fenced) return;
      if (box.value !== acknowledged) { offline(); return; }
      leaving = true;
      form.action = to;
      HTMLFormElement.prototype.submit.call(form);
    });
  });
  // Enter in the question line asks; it must not submit the answer.
  const ask = document.getElementById("ask");
  form && ask && ask.addEventListener("keydown", function (event) {
    if (event.key === "Enter") { event.preventDefault(); form.requestSubmit(form.querySelector('[formaction="/interview/fact"]')); }
  });

  // What an earlier page kept comes back before this one keeps anything; letters typed meanwhile follow it.
  async function restore() {
    const kept = window.indexedDB ? await Promise.race([journal.of(session).catch(function () { return []; }), soon([])]) : [];
    const own = kept.filter(function (entry) { return entry.turn === turn; });
    for (const entry of own) {
      if (entry.text !== box.value && entry.version > version) {
        const typed = box.value, known = box.defaultValue;
        box.value = entry.text + (typed.startsWith(known) ? typed.slice(known.length) : "\n" + typed);
        say("kept", "Restored from this browser; sending.");
      } else if (entry.text === box.value) {
        await journal.acknowledged(session, turn, entry.kind, entry.text);
      }
    }
    ready = true;
    box.addEventListener("input", typed);
    if (own.some(function (entry) { return entry.kind === "answer"; })) { submit(); return; }
    if (box.value !== acknowledged) { typed(); save(); } // brought back, or written before this script listened
    for (const entry of kept) {
      if (entry.turn === turn) continue;
      const reply = await post("/interview/" + entry.kind, {
        form_token: token, turn: entry.turn, text: entry.text, version: entry.version, client_at: entry.at, typed: "1",
      });
      if (reply) await journal.acknowledged(session, entry.turn, entry.kind, entry.text);
    }
  }

  function soon(value) { return new Promise(function (done) { window.setTimeout(done, 1000, value); }); }

  async function pulse() {
    let reply = null;
    try { reply = await fetch("/interview/pulse", { headers: { Accept: "application/json" }, credentials: "same-origin" }); } catch (error) { /* below */ }
    if (!reply || reply.status >= 502) { if (box) offline(); else warn("offline", ["No connection; trying again."]); return; }
    if (sending) return;
    const data = await reply.json();
    if (data.code === "taken_over") { if (!fenced) elsewhere(); return; }
    if (!reply.ok) return;
    if (box && box.value === acknowledged || !box) calm("offline");
    document.dispatchEvent(new CustomEvent("pulse", { detail: data }));
    const moved = data.status !== room.dataset.status || data.turn !== turn || String(data.section) !== room.dataset.section;
    if (moved && !fenced && !busy) {
      if (box && box.value !== acknowledged) { await save(); if (fenced) return; }
      again();
    }
  }

  if (box) {
    restore();
    box.addEventListener("blur", save);
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState !== "hidden") { pulse(); return; }
      if (fenced || !ready || box.value === acknowledged) return;
      keep("draft");
      const text = box.value;
      post("/interview/draft", { form_token: token, turn: turn, text: text, version: version + 1, client_at: new Date().toISOString(), typed: "1" }, { keepalive: true })
        .then(function (reply) { if (reply && reply.status === 200) { version = reply.data.version; acknowledged = text; told(text, reply.data.at); } });
    });
    window.addEventListener("beforeunload", function (event) {
      if (!leaving && !fenced && box.value !== acknowledged) event.preventDefault();
    });
    if (!version) say("", "Saved as you type.");
  }
  window.addEventListener("online", function () { save(); pulse(); });
  window.addEventListener("offline", function () { if (box) offline(); });

  // Two tabs of one browser tell each other at once; the server's versions are what counts.
  if (box && window.BroadcastChannel) {
    const tabs = new BroadcastChannel("examiner/" + session), own = String(performance.timeOrigin) + Math.random();
    tabs.postMessage({ opened: own, turn: turn });
    tabs.addEventListener("message", function (event) {
      if (event.data.opened === own || fenced) return;
      save().then(function () {
        fence([
          "This interview was opened in another tab, so this one no longer writes. Your text is there too.",
          button("Go on in this tab", again),
        ]);
      });
    });
  }

  let early = false;
  document.addEventListener("time-up", function () {
    if (early) return;
    early = true;
    save().then(function () { window.setTimeout(pulse, 1000); window.setInterval(pulse, 2000); });
  });
  // What is asked now is what the eye should meet, not the whole talk before it.
  const open = document.querySelector(".turn.open");
  if (open && open.previousElementSibling && open.previousElementSibling.matches(".turn") && !window.location.hash) open.scrollIntoView();
  // The keyboard goes on from the question: a screen reader says it, and the next Tab is the answer box.
  const asked = document.getElementById("asked");
  if (asked && box && !box.value) asked.focus({ preventScroll: true });
  window.setInterval(pulse, room.dataset.status === "choosing" ? 1500 : PULSE);
  if (room.dataset.status === "choosing") window.setInterval(hear, LISTEN);
})();
