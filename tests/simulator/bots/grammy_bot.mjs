// A bot made with grammY that sells swords.
import { Bot, InlineKeyboard } from "grammy";

const bot = new Bot(process.env.BOT_TOKEN, { client: { apiRoot: process.env.BOT_API } });
const charges = new Map(); // the newest charge, by buyer

bot.command("start", async (ctx) => {
  await ctx.replyWithChatAction("typing");
  const keyboard = new InlineKeyboard().text("Buy a sword", "buy");
  await ctx.reply(`Welcome, <b>${ctx.from.first_name}</b>! ${ctx.match}`, {
    parse_mode: "HTML",
    reply_markup: keyboard,
  });
});

bot.command("paysupport", (ctx) => ctx.reply("Write to us what went wrong."));

bot.command("refund", async (ctx) => {
  await ctx.api.refundStarPayment(ctx.from.id, charges.get(ctx.from.id));
  await ctx.reply("Your Stars are back.");
});

bot.callbackQuery("buy", async (ctx) => {
  await ctx.answerCallbackQuery({ text: "One sword, coming up" });
  await ctx.editMessageText("A fine choice.");
  const prices = [{ label: "Golden sword", amount: 50 }];
  await ctx.replyWithInvoice("Golden sword", "Sharp", "sword-1", "XTR", prices, {
    start_parameter: "sword",
    reply_markup: new InlineKeyboard().pay("Pay 50 XTR"),
  });
});

bot.on("pre_checkout_query", (ctx) => ctx.answerPreCheckoutQuery(true));

bot.on("message:successful_payment", async (ctx) => {
  charges.set(ctx.from.id, ctx.message.successful_payment.telegram_payment_charge_id);
  await ctx.reply("Thank you! The sword is yours.");
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => bot.stop());
await bot.api.setMyCommands([
  { command: "start", description: "What is for sale" },
  { command: "paysupport", description: "Help with a payment" },
]);
await bot.start();
