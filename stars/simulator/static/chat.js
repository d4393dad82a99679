// The chat of one buyer with one bot: shows it as it changes, writes, presses buttons, pays.
"use strict";

(() => {
  const RETRY = 1000; // milliseconds after a lost connection
  const WAIT = 25; // seconds that one request waits for a change
  const TOAST = 4000; // milliseconds
  const NEAR = 80; // pixels from the end within which the reader follows what comes

  const at = (id) => document.getElementById(id);
  const log = at("messages");
  const { bot, user, start } = log.dataset;
  let chat = null;

  async function post(what, body) {
    const answer = await fetch(`/sim/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ bot, user: Number(user), ...body }),
    });
    const result = await answer.json();
    if (!answer.ok) throw new Error(result.error);
    return result;
  }

  function toast(text) {
    at("toast").textContent = text;
    at("toast").hidden = false;
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => void (at("toast").hidden = true), TOAST);
  }

  function alert(text) {
    at("alert-text").textContent = text;
    at("alert").showModal();
  }

  async function send(text) {
    try {
      await post("message", { text });
    } catch (error) {
      toast(error.message);
    }
  }

  // An address may come without its scheme; what is not on the web opens nothing here.
  function openLink(url) {
    const address = /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
    if (/^https?:/i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
    else toast(`Telegram would open ${address}`);
  }

  // Mini Apps get their launch data in the address, as in Telegram.
  async function openApp(url) {
    const tab = window.open("about:blank", "_blank");
    const { init_data: data } = await post("launch", {});
    const version = "tgWebAppVersion=9.6&tgWebAppPlatform=web";
    if (tab) tab.location = `${url}#tgWebAppData=${encodeURIComponent(data)}&${version}`;
  }

  function askBot(message, button) {
    return post("press", { message_id: message.message_id, button: button.callback_data });
  }

  async function press(message, button, node) {
    if (button.pay) return openSheet(message, button);
    if (button.url) return openLink(button.url);
    if (button.web_app) return openApp(button.web_app.url);
    if (button.copy_text) return navigator.clipboard.writeText(button.copy_text.text);
    if (!button.callback_data) return toast("This button is not simulated.");
    node.setAttribute("aria-busy", "true");
    try {
      const answer = await askBot(message, button);
      if (!answer.answered) toast("The bot has not answered this press.");
      else if (answer.show_alert) alert(answer.text);
      else if (answer.text) toast(answer.text);
      if (answer.url) openLink(answer.url);
    } catch (error) {
      toast(error.message);
    }
    return node.removeAttribute("aria-busy");
  }

  function openSheet(message, button) {
    const { title, description, total_amount: amount } = message.invoice;
    const paid = chat.offers[message.message_id]?.paid;
    at("sheet-title").textContent = paid ? `Receipt: ${title}` : title;
    at("sheet-description").textContent = description;
    at("sheet-price").textContent = `★ ${amount}`;
    at("sheet-balance").textContent = `${chat.user.first_name} has ★ ${chat.user.stars}.`;
    at("sheet-problem").hidden = true;
    at("sheet-pay").hidden = paid;
    at("sheet-pay").textContent = `Pay ★ ${amount}`;
    at("sheet-pay").onclick = () => pay(message, button, amount);
    at("sheet-cancel").textContent = paid ? "Close" : "Cancel";
    at("sheet").showModal();
  }

  async function pay(message, button, amount) {
    const node = at("sheet-pay");
    node.disabled = true;
    node.textContent = "Waiting for the bot …";
    try {
      const outcome = await post("press", { message_id: message.message_id, button: button.text });
      const { status, reason } = outcome;
      if (status !== "paid") throw new Error(`Not paid: ${reason ?? status}`);
      at("sheet").close();
      toast(`Paid ★ ${amount}`);
    } catch (error) {
      at("sheet-problem").textContent = error.message;
      at("sheet-problem").hidden = false;
      node.textContent = `Pay ★ ${amount}`;
    }
    node.disabled = false;
  }

  // Before the first message a bot's description and a Start button are shown.
  function showBeginning() {
    const node = document.createElement("div");
    node.className = "beginning";
    const about = node.appendChild(document.createElement("p"));
    about.textContent = chat.bot.description || "Nothing has been said yet.";
    const button = node.appendChild(document.createElement("button"));
    button.className = "main";
    button.textContent = "Start";
    button.onclick = () => send(`/start ${start}`.trim());
    log.replaceChildren(node);
  }

  function showMessages() {
    if (!chat.messages.length) return showBeginning();
    const focused = document.activeElement.dataset.key;
    const nodes = chat.messages.map((message) => {
      const offer = chat.offers[message.message_id];
      const node = messages.render(message, offer, { send, press });
      node.querySelectorAll("button").forEach((button, number) => {
        button.dataset.key = `${message.message_id}-${number}`;
      });
      return node;
    });
    log.replaceChildren(...nodes);
    if (focused) log.querySelector(`[data-key="${focused}"]`)?.focus();
    return undefined;
  }

  function showKeyboard() {
    const node = at("keyboard");
    node.hidden = !chat.keyboard.length;
    node.replaceChildren(...chat.keyboard.map((row) => {
      const line = document.createElement("div");
      line.className = "buttons-row";
      line.append(...row.map((text) => sending(text, text)));
      return line;
    }));
  }

  function sending(label, text) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.onclick = () => {
      at("commands").hidden = true;
      send(text);
    };
    return button;
  }

  function showMenu() {
    const { menu_button: menu, commands } = chat;
    const isApp = menu.type === "web_app";
    at("menu").hidden = !isApp && !commands.length;
    at("menu").textContent = isApp ? menu.text : "☰";
    at("menu").setAttribute("aria-label", isApp ? menu.text : "Commands");
    at("menu").onclick = isApp
      ? () => openApp(menu.web_app.url)
      : () => void (at("commands").hidden = !at("commands").hidden);
    at("commands").replaceChildren(...commands.map(({ command, description }) => {
      const item = document.createElement("li");
      item.append(sending(`/${command}  ${description}`, `/${command}`));
      return item;
    }));
  }

  function show() {
    at("bot").textContent = chat.bot.first_name;
    at("state").textContent = chat.action ? `${chat.action.replaceAll("_", " ")} …` : "bot";
    at("stars").textContent = `★ ${chat.user.stars}`;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    showKeyboard();
    showMenu();
    showMessages();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  async function follow() {
    for (;;) {
      try {
        const seen = chat?.changes ?? -1;
        // An action ends by itself: look again soon.
        const wait = chat?.action ? 2 : WAIT;
        const query = new URLSearchParams({ bot, user, changes: seen, wait });
        const answer = await fetch(`/sim/chat?${query}`);
        if (!answer.ok) throw new Error(answer.statusText);
        chat = await answer.json();
        show();
        at("offline").hidden = true;
      } catch {
        at("offline").hidden = false;
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  at("composer").onsubmit = (event) => {
    event.preventDefault();
    const text = at("text").value.trim();
    at("text").value = "";
    if (text) send(text);
  };
  at("buyer").onchange = () => {
    const query = new URLSearchParams({ bot, user: at("buyer").value });
    location.assign(`/chat?${query}`);
  };
  at("sheet-cancel").onclick = () => at("sheet").close();
  at("alert-close").onclick = () => at("alert").close();
  follow();
})();
