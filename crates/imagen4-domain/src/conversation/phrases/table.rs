//! The table of texts. `{name}` is filled in, `*bold*` is set in bold, and nothing else is markup.

use crate::conversation::language::Language;

/// Declares the phrases: `Name: "English", "Russian";`, in groups that are notices or not.
macro_rules! phrases {
    (messages { $($message:ident: $en_message:literal, $ru_message:literal;)+ }
     notices { $($notice:ident: $en_notice:literal, $ru_notice:literal;)+ }) => {
        /// Something that the conversation says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(in crate::conversation) enum Phrase {
            $($message,)+
            $($notice,)+
        }

        impl Phrase {
            /// Every phrase.
            #[cfg(test)]
            pub(in crate::conversation) const ALL: [Self; [$(Self::$message,)+ $(Self::$notice),+].len()] =
                [$(Self::$message,)+ $(Self::$notice),+];

            /// Tells whether it is a notice over the chat, which is short and without formatting.
            #[cfg(test)]
            pub(in crate::conversation) fn is_notice(self) -> bool {
                matches!(self, $(Self::$notice)|+)
            }

            /// Returns the phrase as it stands in the table.
            pub(in crate::conversation) fn template(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$message, Language::English) => $en_message,)+
                    $((Self::$message, Language::Russian) => $ru_message,)+
                    $((Self::$notice, Language::English) => $en_notice,)+
                    $((Self::$notice, Language::Russian) => $ru_notice,)+
                }
            }
        }
    };
}

phrases! {
messages {
    // The menu and the way to a picture.
    Menu: "*Pictures from words*\n\nDescribe a picture, choose its shape, and I will make it. Everything that you made is in your gallery.",
        "*Картинки по описанию*\n\nОпишите картинку, выберите формат, и я её нарисую. Всё, что вы сделали, хранится в вашей галерее.";
    Hint: "I did not expect a message now. Start from the menu.",
        "Сейчас я не жду сообщения. Начните с меню.";
    UnknownCommand: "I don't know this command. Start from the menu.",
        "Я не знаю такой команды. Начните с меню.";
    Cancelled: "Nothing is waited for any more.",
        "Хорошо, больше ничего не жду.";
    AskPrompt: "*What shall I draw?*\n\nSend a description of {least} to {most} characters.",
        "*Что нарисовать?*\n\nПришлите описание: от {least} до {most} символов.";
    PromptLength: "The description has {count} characters; it must have {least} to {most}. Send another one.",
        "В описании {count} символов, а нужно от {least} до {most}. Пришлите другое.";
    PromptCharacters: "The description holds control characters. Send it as plain text.",
        "В описании есть управляющие символы. Пришлите его обычным текстом.";
    PromptRefused: "The description holds a word that is not allowed here. Send another one.",
        "В описании есть слово, которое здесь запрещено. Пришлите другое.";
    AskRatio: "*The shape of the picture?*\n\n{prompt}",
        "*Какой формат?*\n\n{prompt}";
    NoPrompt: "I no longer have your description. Please send it again.",
        "Описание не сохранилось. Пришлите его ещё раз.";
    InputRefused: "The model does not take this request as it is. Try another shape or description.",
        "Модель не принимает такой запрос. Попробуйте другой формат или описание.";
    Busy: "One picture of yours is still being made. Send the next description when it is done.",
        "Одна ваша картинка ещё рисуется. Пришлите следующее описание, когда она будет готова.";

    // Progress: one message, changed as the work goes on.
    Accepted: "*Accepted.* I am about to begin.",
        "*Принято.* Сейчас начну.";
    Submitting: "*Sending* the request to {model}.",
        "*Отправляю* запрос модели {model}.";
    Submitted: "*Sent.* Waiting for the model.",
        "*Отправлено.* Жду модель.";
    Queued: "*In the queue.* Ahead of you: {position}.",
        "*В очереди.* Перед вами: {position}.";
    Running: "*Drawing* your picture.",
        "*Рисую* вашу картинку.";
    Saving: "*Made.* Storing pictures: {pictures}.",
        "*Нарисовано.* Сохраняю картинки: {pictures}.";
    Done: "*Done.*",
        "*Готово.*";

    // A picture under its own message.
    Picture: "{prompt}\n\nShape: {ratio}. Model: {model}.",
        "{prompt}\n\nФормат: {ratio}. Модель: {model}.";
    OnlyFallback: "\n\n*Not stored yet:* our store is not available, so the picture lies with the provider until {until}.",
        "\n\n*Пока не сохранено:* наше хранилище недоступно, картинка лежит у провайдера до {until}.";
    PictureLost: "Picture {number} could not be fetched.",
        "Картинку {number} не удалось получить.";
    PictureUnsendable: "\n\n*The picture cannot be shown now:* the store does not answer, or the picture is too large for the messenger. It is not lost; try again later.",
        "\n\n*Картинку сейчас нельзя показать:* хранилище не отвечает, или она слишком велика для мессенджера. Она не потеряна; попробуйте позже.";
    FallbackOver: "\n\n*The provider's link to this picture ended* on {until}.",
        "\n\n*Ссылка провайдера на эту картинку закончилась* {until}.";

    // What went wrong.
    Refused: "The model refused this description. Change it and try again.",
        "Модель отказалась рисовать по этому описанию. Измените его и попробуйте ещё раз.";
    Retired: "The model is no longer offered. Its successor is {successor}; whoever runs this program can choose it by the setting {setting}.",
        "Модель больше не предлагается. Её преемник — {successor}; владелец программы может выбрать его настройкой {setting}.";
    RetiredAlone: "The model is no longer offered, and I know of no successor. Whoever runs this program can choose another one by the setting {setting}.",
        "Модель больше не предлагается, и преемник неизвестен. Владелец программы может выбрать другую настройкой {setting}.";
    ProviderDown: "The service that draws is not available. Nothing was lost; try again in a few minutes.",
        "Сервис, который рисует, недоступен. Ничего не потеряно; попробуйте через несколько минут.";
    ProviderDownButTaken: "The service that draws does not answer, but it has taken your request. Look at its state later.",
        "Сервис, который рисует, не отвечает, но запрос он принял. Проверьте состояние позже.";
    RecordsDown: "I cannot write down what is being done, so I do nothing. Try again later.",
        "Я не могу записать, что делается, поэтому ничего не делаю. Попробуйте позже.";
    RecordsDownButTaken: "I cannot write down how your picture is getting on. The request is with the model; look at its state later.",
        "Я не могу записать, как идёт работа. Запрос уже у модели; проверьте состояние позже.";
    StillWorking: "It takes longer than I wait: after {minutes} min the picture is not there yet. The work goes on; look at its state later.",
        "Это дольше, чем я жду: за {minutes} мин картинка не готова. Работа продолжается; проверьте состояние позже.";
    PerhapsTaken: "I don't know whether the model has taken the request. I will not send it again by myself, so that nothing is paid twice. Look at its state later.",
        "Неизвестно, принял ли запрос модель. Сам я его не повторю, чтобы не заплатить дважды. Проверьте состояние позже.";
    Failed: "The model gave no picture this time. Try again, perhaps with other words.",
        "На этот раз модель не дала картинки. Попробуйте ещё раз, может быть, другими словами.";
    JobCancelled: "The work on this picture was cancelled.",
        "Работа над этой картинкой отменена.";
    SwitchedOff: "Making pictures is switched off at the moment.",
        "Рисование сейчас выключено.";
    NotFound: "There is no such picture in your gallery.",
        "Такой картинки в вашей галерее нет.";

    // Where a generation stands.
    StatusWorking: "*Still being made.* Begun: {at}.",
        "*Ещё рисуется.* Начато: {at}.";
    StatusUnknown: "*Not known:* the request was perhaps taken. Begun: {at}.",
        "*Неизвестно:* возможно, запрос принят. Начато: {at}.";

    // The door.
    Stranger: "I don't know you, so I cannot let you in.",
        "Я вас не знаю и не могу впустить.";
    Banned: "You cannot use this bot.",
        "Вам нельзя пользоваться этим ботом.";
    DoorStuck: "I cannot find out who you are at the moment. Try again later.",
        "Сейчас я не могу узнать, кто вы. Попробуйте позже.";

    // The gallery.
    Card: "*{position} of {total}*\n{prompt}\n\nShape: {ratio}. Model: {model}. Made: {at}.",
        "*{position} из {total}*\n{prompt}\n\nФормат: {ratio}. Модель: {model}. Сделано: {at}.";
    CardPart: "\nPicture {number} of {count}.",
        "\nКартинка {number} из {count}.";
    CardFilters: "\nFilters: {kind}, {days}.",
        "\nФильтры: {kind}, {days}.";
    EmptyGallery: "*Your gallery is empty.* Make the first picture!",
        "*Ваша галерея пуста.* Сделайте первую картинку!";
    NothingFiltered: "*No picture fits the filters:* {kind}, {days}.",
        "*Под фильтры ничего не подходит:* {kind}, {days}.";
    FullPrompt: "*Description*\n\n{prompt}",
        "*Описание*\n\n{prompt}";
    Filters: "*Filters*\n\nNow: {kind}, {days}.",
        "*Фильтры*\n\nСейчас: {kind}, {days}.";
    AskDays: "*Which days?*\n\nSend the first and the last one, such as 2026-11-01 2026-11-20: at most {most} days, in order.",
        "*За какие дни?*\n\nПришлите первый и последний день, например 01.11.2026 20.11.2026: не больше {most} дней, по порядку.";
    DaysRefused: "I cannot read these days. Send the first and the last one, such as 2026-11-01 2026-11-20: at most {most} days, in order.",
        "Не могу прочитать эти дни. Пришлите первый и последний, например 01.11.2026 20.11.2026: не больше {most} дней, по порядку.";
    Stats: "*Your figures*\n\nPictures: {total}\nFavourites: {favourites}\nIn the last 30 days: {month}\nCredits: {credits}\nLast one: {last}\nBusiest hour: {hour}",
        "*Ваша статистика*\n\nКартинок: {total}\nИзбранных: {favourites}\nЗа последние 30 дней: {month}\nКредитов: {credits}\nПоследняя: {last}\nСамый активный час: {hour}";
    ConfirmDelete: "*Delete this picture for good?* It cannot be brought back.\n\n{prompt}",
        "*Удалить эту картинку навсегда?* Вернуть её будет нельзя.\n\n{prompt}";
    RecordStays: "*Not quite deleted.* The pictures are gone, but their record could not be removed yet. It is no longer shown; repeat the deletion later.",
        "*Удалено не до конца.* Картинок больше нет, но запись пока не удалось стереть. Она больше не показывается; повторите удаление позже.";
    NotDeleted: "*Not deleted.* The store did not answer for pictures: {failed}. They are no longer shown; repeat the deletion later.",
        "*Не удалено.* Хранилище не ответило по картинкам: {failed}. Они больше не показываются; повторите удаление позже.";
}
notices {
    // Buttons.
    ToPrompt: "🎨 Make a picture", "🎨 Нарисовать";
    ToGallery: "🖼 My gallery", "🖼 Моя галерея";
    ToMenu: "☰ Menu", "☰ Меню";
    ToStatus: "🔄 State", "🔄 Состояние";
    ToRegenerate: "🔁 Again", "🔁 Ещё раз";
    ToPrev: "◀ Newer", "◀ Новее";
    ToNext: "Older ▶", "Старее ▶";
    ToFullPrompt: "📝 Description", "📝 Описание";
    ToFavourite: "⭐ To favourites", "⭐ В избранное";
    FromFavourite: "★ From favourites", "★ Из избранного";
    ToDelete: "🗑 Delete", "🗑 Удалить";
    ToDeleteForGood: "🗑 Yes, delete", "🗑 Да, удалить";
    ToRetryDelete: "🗑 Try again", "🗑 Повторить";
    ToReturn: "↩ Back", "↩ Назад";
    ToFilters: "🔍 Filters", "🔍 Фильтры";
    ToStats: "📊 Figures", "📊 Статистика";
    ToReset: "✖ Reset filters", "✖ Сбросить фильтры";
    Auto: "as the model likes", "на выбор модели";
    // What commands do.
    CommandMenu: "What I can do", "Что я умею";
    CommandGallery: "My pictures", "Мои картинки";
    CommandCancel: "Never mind", "Отмена";
    // Choices of the filters.
    AllKinds: "all kinds", "все виды";
    Favourites: "favourites", "избранное";
    AllDays: "all days", "за всё время";
    Today: "today", "сегодня";
    Yesterday: "yesterday", "вчера";
    Week: "7 days", "7 дней";
    Month: "30 days", "30 дней";
    Imagen4: "Imagen 4 only", "только Imagen 4";
    OtherModels: "other models", "другие модели";
    ChooseDays: "📅 My own days", "📅 Свои дни";
    Nothing: "none yet", "пока нет";
    // Notices over the chat.
    OldButton: "This button is too old. Start from the menu.", "Эта кнопка устарела. Начните с меню.";
    First: "This is the newest one.", "Это самая новая.";
    Last: "This is the oldest one.", "Это самая старая.";
    NowFavourite: "It is a favourite now.", "Теперь в избранном.";
    NoFavourite: "It is no favourite any more.", "Больше не в избранном.";
    Deleted: "Deleted.", "Удалено.";
    StillBusy: "One picture of yours is still being made.", "Одна ваша картинка ещё рисуется.";
    Gone: "There is no such picture in your gallery.", "Такой картинки в вашей галерее нет.";
    TroubleNotice: "It does not work now. Try again later.", "Сейчас не получается. Попробуйте позже.";
}
}
