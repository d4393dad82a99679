// A bot made with Telegraf that sells swords.
import { Markup, Telegraf } from "telegraf";
import { message } from "telegraf/filters";

const bot = new Telegraf(process.env.BOT_TOKEN, { telegram: { apiRoot: process.env.BOT_API } });
const charges = new Map(); // the newest charge, by buyer

bot.start(async (ctx) => {
  await ctx.sendChatAction("typing");
  await ctx.replyWithHTML(
    `Welcome, <b>${ctx.from.first_name}</b>! ${ctx.payload}`,
    Markup.inlineKeyboard([Markup.button.callback("Buy a sword", "buy")]),
  );
});

bot.command("paysupport", (ctx) => ctx.reply("Write to us what went wrong."));

bot.command("refund", async (ctx) => {
  await ctx.telegram.callApi("refundStarPayment", {
    user_id: ctx.from.id,
    telegram_payment_charge_id: charges.get(ctx.from.id),
  });
  await ctx.reply("Your Stars are back.");
});

bot.action("buy", async (ctx) => {
  await ctx.answerCbQuery("One sword, coming up");
  await ctx.editMessageText("A fine choice.");
  await ctx.replyWithInvoice(
    {
      title: "Golden sword",
      description: "Sharp",
      payload: "sword-1",
      provider_token: "",
      currency: "XTR",
      prices: [{ label: "Golden sword", amount: 50 }],
      start_parameter: "sword",
    },
    Markup.inlineKeyboard([Markup.button.pay("Pay 50 XTR")]),
  );
});

bot.on("pre_checkout_query", (ctx) => ctx.answerPreCheckoutQuery(true));

bot.on(message("successful_payment"), async (ctx) => {
  charges.set(ctx.from.id, ctx.message.successful_payment.telegram_payment_charge_id);
  await ctx.reply("Thank you! The sword is yours.");
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => bot.stop(signal));
await bot.telegram.setMyCommands([
  { command: "start", description: "What is for sale" },
  { command: "paysupport", description: "Help with a payment" },
]);
await bot.launch();
