// A bot made with node-telegram-bot-api that sells swords.
import { Bot, InlineKeyboardBuilder } from "node-telegram-bot-api";
import { run } from "node-telegram-bot-api/node";

const bot = new Bot(process.env.BOT_TOKEN, { apiRoot: process.env.BOT_API });
const charges = new Map(); // the newest charge, by buyer

bot.command("start", async (ctx) => {
  const chat = ctx.message.chat.id;
  await ctx.api.sendChatAction({ chat_id: chat, action: "typing" });
  await ctx.api.sendMessage({
    chat_id: chat,
    text: `Welcome, <b>${ctx.message.from.first_name}</b>! ${ctx.match}`,
    parse_mode: "HTML",
    reply_markup: new InlineKeyboardBuilder().text("Buy a sword", "buy").build(),
  });
});

bot.command("paysupport", (ctx) => ctx.reply("Write to us what went wrong."));

bot.command("refund", async (ctx) => {
  const buyer = ctx.message.from.id;
  await ctx.api.refundStarPayment({
    user_id: buyer,
    telegram_payment_charge_id: charges.get(buyer),
  });
  await ctx.reply("Your Stars are back.");
});

bot.on("callback_query", async (ctx) => {
  const { message_id: messageId, chat } = ctx.callbackQuery.message;
  await ctx.answerCallbackQuery({ text: "One sword, coming up" });
  const where = { chat_id: chat.id, message_id: messageId };
  await ctx.api.editMessageText({ ...where, text: "A fine choice." });
  await ctx.api.sendInvoice({
    chat_id: chat.id,
    title: "Golden sword",
    description: "Sharp",
    payload: "sword-1",
    currency: "XTR",
    prices: [{ label: "Golden sword", amount: 50 }],
    start_parameter: "sword",
    reply_markup: { inline_keyboard: [[{ text: "Pay 50 XTR", pay: true }]] },
  });
});

bot.on("pre_checkout_query", (ctx) =>
  ctx.api.answerPreCheckoutQuery({
    pre_checkout_query_id: ctx.update.pre_checkout_query.id,
    ok: true,
  }),
);

bot.on("message", async (ctx) => {
  const payment = ctx.message.successful_payment;
  if (!payment) return;
  charges.set(ctx.message.from.id, payment.telegram_payment_charge_id);
  await ctx.reply("Thank you! The sword is yours.");
});

await bot.api.setMyCommands({
  commands: [
    { command: "start", description: "What is for sale" },
    { command: "paysupport", description: "Help with a payment" },
  ],
});
await run(bot);
