// Telegram.WebApp.openInvoice for the mock: opens the pay page over the app. Load it after Telegram's own script, or
// instead of it. Invoices of others, like https://t.me/$..., go where they went before.
"use strict";

(() => {
  const SERVICE = new URL(document.currentScript.src).origin;
  const STATUSES = ["paid", "failed", "cancelled", "pending"];
  const telegram = (window.Telegram ??= {});
  const app = (telegram.WebApp ??= {});
  const openOthers = app.openInvoice;
  const listeners = new Map();
  let open = false;

  // Without Telegram's script its events have to come from somewhere.
  app.onEvent ??= (type, listener) => {
    listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
  };
  app.offEvent ??= (type, listener) => {
    listeners.get(type)?.delete(listener);
  };

  function fire(type, data) {
    const call = (listener) => listener.call(app, data);
    if (telegram.WebView?.callEventCallbacks) telegram.WebView.callEventCallbacks(`webview:${type}`, call);
    else [...(listeners.get(type) ?? [])].forEach(call);
  }

  function openInvoice(url, callback) {
    const address = new URL(url, location.href);
    if (address.origin !== SERVICE || !address.pathname.includes("/mock/pay/")) {
      if (openOthers) return openOthers.call(app, url, callback);
      throw Error("WebAppInvoiceUrlInvalid");  // as Telegram calls it
    }
    if (open) throw Error("WebAppInvoiceOpened");
    open = true;

    const sheet = document.createElement("dialog");
    const frame = document.createElement("iframe");
    let status = "cancelled";  // what it is when the buyer leaves now
    let busy = false;  // the buyer has chosen, and the answer is on its way

    function close() {
      removeEventListener("message", listen);
      sheet.close();
      sheet.remove();
      open = false;
      try {
        callback?.(status);
      } finally {
        fire("invoiceClosed", { url, status });
      }
    }

    function listen(message) {
      if (message.origin !== SERVICE || message.source !== frame.contentWindow) return;
      if (message.data?.event !== "stars_invoice" || !STATUSES.includes(message.data.status)) return;
      status = message.data.status;
      busy = message.data.busy === true;
      if (message.data.ended) close();
    }

    addEventListener("message", listen);
    sheet.addEventListener("cancel", (event) => {  // Escape, or a phone's way back
      event.preventDefault();
      if (!busy) close();
    });
    sheet.addEventListener("click", () => {  // beside the sheet
      if (!busy) close();
    });
    sheet.setAttribute("aria-label", "Telegram Stars");
    Object.assign(sheet.style, {
      position: "fixed", inset: "0", width: "100%", height: "100%", maxWidth: "none", maxHeight: "none", margin: "0",
      padding: "0", border: "0", background: "rgb(0 0 0 / 50%)", display: "flex", justifyContent: "center",
      alignItems: innerWidth < 480 ? "flex-end" : "center",
    });
    frame.title = "Telegram Stars";
    frame.src = address.href;
    Object.assign(frame.style, {
      width: "min(100%, 420px)", height: "min(92%, 560px)", border: "0", colorScheme: "light dark",
      borderRadius: innerWidth < 480 ? "20px 20px 0 0" : "20px",
    });
    sheet.append(frame);
    document.body.append(sheet);
    sheet.showModal();
    frame.focus();
  }

  app.openInvoice = openInvoice;
})();
