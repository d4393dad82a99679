// Opens this service's invoices over the app, as Telegram does: load it before or after Telegram's
// own script or any library for Mini Apps, or instead of them. It answers Telegram.WebApp's
// openInvoice, and the bridge below it, by which libraries talk to Telegram's clients. Whatever is
// not about an invoice of this service goes where it went before.
"use strict";

(() => {
  const SIMULATOR = null; // in a rehearsal: the address of the simulator, which sells there
  const PAY = new URL("pay/", document.currentScript.src); // where the mock's sheets are
  const STATUSES = ["paid", "failed", "cancelled", "pending"];
  const framed = window.parent !== window;
  const client = window.parent; // Telegram's web client, when framed
  const telegram = (window.Telegram ??= {});
  const listeners = new Map();
  let open = false;

  // --- Which invoices are ours ---------------------------------------------------------------

  // The address of an invoice's sheet; null for an invoice of somebody else.
  function sheetOf(url) {
    const address = new URL(url, location.href);
    if (address.href.startsWith(PAY.href)) return address.href;
    const [, slug] = address.pathname.match(/^\/(?:\$|invoice\/)([A-Za-z0-9_=-]+)$/) ?? [];
    const isTelegrams = ["https://t.me", SIMULATOR].includes(address.origin);
    return slug && isTelegrams ? sheetOfSlug(slug) : null;
  }

  function sheetOfSlug(slug) {
    if (SIMULATOR) return `${SIMULATOR}/$${slug}`;
    return String(slug).startsWith("mock_") ? `${PAY.href}$${slug}` : null;
  }

  // --- The sheet -----------------------------------------------------------------------------

  // Shows a sheet over the app, and calls `ended` once with how it ended.
  function openSheet(address, ended) {
    open = true;
    const sheet = document.createElement("dialog");
    const frame = document.createElement("iframe");
    const { origin } = new URL(address);
    let status = "cancelled"; // what it is when the buyer leaves now
    let busy = false; // the buyer has chosen, and the answer is on its way

    function close() {
      removeEventListener("message", listen);
      sheet.close();
      sheet.remove();
      open = false;
      ended(status);
    }

    function listen(message) {
      if (message.source !== frame.contentWindow || message.origin !== origin) return;
      const told = read(message.data);
      if (!STATUSES.includes(told?.status)) return;
      ({ status, busy } = told);
      if (told.ended) close();
    }

    addEventListener("message", listen);
    sheet.addEventListener("cancel", (event) => { // Escape, or a phone's way back
      event.preventDefault();
      if (!busy) close();
    });
    sheet.addEventListener("click", () => { // beside the sheet
      if (!busy) close();
    });
    dress(sheet, frame);
    frame.src = address;
    sheet.append(frame);
    document.body.append(sheet);
    sheet.showModal();
    frame.focus();
  }

  // What a sheet tells: the mock's in words of its own, the simulator's in Telegram's.
  function read(data) {
    if (data?.event === "stars_invoice") {
      return { status: data.status, busy: data.busy === true, ended: data.ended === true };
    }
    const { eventType, eventData } = parse(data);
    if (!SIMULATOR || eventType !== "invoice_closed") return null;
    // After a failure the buyer may try again.
    return { status: eventData.status, busy: false, ended: eventData.status !== "failed" };
  }

  function dress(sheet, frame) {
    const isPhone = innerWidth < 480;
    sheet.setAttribute("aria-label", "Telegram Stars");
    frame.title = "Telegram Stars";
    Object.assign(sheet.style, {
      position: "fixed", inset: "0", width: "100%", height: "100%", maxWidth: "none",
      maxHeight: "none", margin: "0", padding: "0", border: "0", background: "rgb(0 0 0 / 50%)",
      display: "flex", justifyContent: "center", alignItems: isPhone ? "flex-end" : "center",
    });
    Object.assign(frame.style, {
      width: "min(100%, 420px)", height: "min(92%, 560px)", border: "0",
      colorScheme: "light dark", borderRadius: isPhone ? "20px 20px 0 0" : "20px",
    });
  }

  function parse(data) {
    try {
      return JSON.parse(data) ?? {};
    } catch {
      return {};
    }
  }

  // --- Telegram.WebApp -----------------------------------------------------------------------

  function takeOver(app) {
    const openOthers = app.openInvoice;

    // Without Telegram's script its events and the launch data have to come from somewhere.
    app.initData ??= new URLSearchParams(location.hash.slice(1)).get("tgWebAppData") ?? "";
    app.onEvent ??= (type, listener) => {
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    };
    app.offEvent ??= (type, listener) => {
      listeners.get(type)?.delete(listener);
    };

    app.openInvoice = (url, callback) => {
      const address = sheetOf(url);
      if (!address) {
        if (openOthers) return openOthers.call(app, url, callback);
        throw Error("WebAppInvoiceUrlInvalid"); // as Telegram calls it
      }
      if (open) throw Error("WebAppInvoiceOpened");
      openSheet(address, (status) => {
        try {
          callback?.(status);
        } finally {
          fire(app, "invoiceClosed", { url, status });
        }
      });
    };
    return app;
  }

  function fire(app, type, data) {
    const call = (listener) => listener.call(app, data);
    const { WebView } = window.Telegram;
    if (WebView?.callEventCallbacks) WebView.callEventCallbacks(`webview:${type}`, call);
    else [...(listeners.get(type) ?? [])].forEach(call);
  }

  // --- The bridge ----------------------------------------------------------------------------

  // What a client answers an app that only asks how it looks; one that is a page has no answer.
  const LOOKS = {
    web_app_request_theme: () => ["theme_changed", { theme_params: {} }],
    web_app_request_viewport: () => ["viewport_changed", viewport()],
    web_app_request_safe_area: () => ["safe_area_changed", NO_INSETS],
    web_app_request_content_safe_area: () => ["content_safe_area_changed", NO_INSETS],
  };
  const NO_INSETS = { top: 0, right: 0, bottom: 0, left: 0 };

  function viewport() {
    const size = { width: innerWidth, height: innerHeight };
    return { ...size, is_state_stable: true, is_expanded: true };
  }

  // Opens an invoice of ours that the app asks Telegram's client for. Tells whether it was one.
  function answer(eventType, eventData) {
    if (eventType !== "web_app_open_invoice") return false;
    const slug = eventData?.slug;
    const address = sheetOfSlug(slug);
    if (!address) return false;
    const closed = (status) => receive("invoice_closed", { slug, status });
    if (open) closed("cancelled");
    else openSheet(address, closed);
    return true;
  }

  // Tells the app something as Telegram's client does: an app in a frame hears messages of the
  // window above it, any other app has a function for it.
  function receive(eventType, eventData) {
    const { WebView } = window.Telegram;
    if (!framed && WebView?.receiveEvent) return WebView.receiveEvent(eventType, eventData);
    const data = JSON.stringify({ eventType, eventData });
    dispatchEvent(new MessageEvent("message", { data, source: window.parent }));
  }

  // In a frame, apps post messages to the window above them.
  function interceptMessages() {
    const post = (message, ...others) => {
      const { eventType, eventData } = parse(message);
      if (!answer(eventType, eventData)) client.postMessage(message, ...others);
    };
    const read = (_, name) => (name === "postMessage" ? post : bound(client, client[name]));
    // It stands for the client wherever an app compares the sender of a message with it.
    const parent = new Proxy({}, { get: read });
    const { get: sender } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "source");
    Object.defineProperty(MessageEvent.prototype, "source", {
      configurable: true,
      get() {
        const source = sender.call(this);
        return source === client ? parent : source;
      },
    });
    window.MessageEvent = new Proxy(MessageEvent, {
      construct(Native, [type, options]) {
        const source = options?.source === parent ? client : options?.source;
        return new Native(type, { ...options, source });
      },
    });
    window.parent = parent;
  }

  function bound(owner, value) {
    return typeof value === "function" ? value.bind(owner) : value;
  }

  // In all other clients, apps call a function that the client has defined.
  function interceptCalls() {
    const { notify } = window.external ?? {};
    const notifyClient = notify?.bind(window.external);

    function callClient(eventType, eventData) {
      if (notifyClient) notifyClient(JSON.stringify({ eventType, eventData }));
      else if (eventType in LOOKS) receive(...LOOKS[eventType]());
    }

    const own = { postEvent: (type, data) => callClient(type, data && JSON.parse(data)) };
    guard(window, "TelegramWebviewProxy", (proxy = own) => ({
      postEvent(eventType, data) {
        if (!answer(eventType, data && JSON.parse(data))) proxy.postEvent(eventType, data);
      },
    }));
    if (!window.external) return;
    window.external.notify = (message) => {
      const { eventType, eventData } = parse(message);
      if (!answer(eventType, eventData)) callClient(eventType, eventData);
    };
  }

  // Has `wrap` see a property now and whenever a script that comes later replaces it.
  function guard(owner, name, wrap) {
    let wrapped = wrap(owner[name]);
    Object.defineProperty(owner, name, {
      configurable: true,
      enumerable: true,
      get: () => wrapped,
      set: (value) => (wrapped = wrap(value)),
    });
  }

  // tma.js starts only where it was launched. Opened as a plain page, an app is launched by this:
  // the first version of Mini Apps that has invoices.
  function launch() {
    const key = "tapps/launchParams";
    const given = location.href.includes("tgWebAppVersion=");
    const launched = "tgWebAppPlatform=web&tgWebAppThemeParams=%7B%7D&tgWebAppVersion=6.1";
    try {
      if (given || sessionStorage.getItem(key)) return;
      sessionStorage.setItem(key, JSON.stringify(launched));
    } catch {
      // A browser that keeps nothing for a framed page: Telegram's client has launched it there.
    }
  }

  guard(telegram, "WebApp", (app = {}) => takeOver(app));
  if (framed) interceptMessages();
  else interceptCalls();
  launch();
})();
