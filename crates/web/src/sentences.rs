//! What is said of a request that can't be answered, to people, in every language of the product. Rules that refuse have
//! sentences of their own, see [`oms_domain::rejection::Rejection`].

use oms_domain::scenario::LocalText;

/// Code, English, Russian. docs/rejections.md has the same with the way out; a test compares them.
const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "access-code-wrong",
        "Order number or code is wrong, or the code is no longer good.",
        "Номер заявки или код неверны, либо код больше не действует.",
    ),
    ("body-broken", "The body ended early.", "Тело запроса оборвалось."),
    ("body-too-large", "The body is too large.", "Тело запроса слишком велико."),
    ("busy", "Others are changing the order.", "Заявку сейчас меняют другие."),
    (
        "code-missing",
        "This login needs a one-time code; send it as totp.",
        "Для этого логина нужен одноразовый код; пришлите его в поле totp.",
    ),
    (
        "database-unavailable",
        "The database is not available; nothing was changed.",
        "База данных недоступна; ничего не изменено.",
    ),
    ("duplicate-order", "The same request is open already.", "Такая заявка уже открыта."),
    ("empty-body", "The file is empty.", "Файл пуст."),
    (
        "idempotency-key-reused",
        "The Idempotency-Key was used with another request.",
        "Этот Idempotency-Key уже был у другого запроса.",
    ),
    ("identity-unavailable", "Logging in does not work at the moment.", "Вход сейчас не работает."),
    ("if-match-required", "If-Match is required.", "Нужен заголовок If-Match."),
    (
        "internal-error",
        "Something is wrong inside; nothing was changed.",
        "Внутренняя ошибка; ничего не изменено.",
    ),
    (
        "invalid-input",
        "The input has faults; errors lists them all.",
        "Во входных данных ошибки; все они в errors.",
    ),
    ("invalid-json", "The body is not JSON.", "Тело запроса не JSON."),
    ("invalid-query", "The query is not form-encoded.", "Параметры адреса закодированы неверно."),
    (
        "login-locked",
        "Too many log-ins failed; try again in {seconds} seconds.",
        "Слишком много неудачных попыток входа; попробуйте снова через {seconds} с.",
    ),
    (
        "login-wrong",
        "Login, password or one-time code is wrong.",
        "Логин, пароль или одноразовый код неверны.",
    ),
    ("method-not-allowed", "The method is not allowed here.", "Этот метод здесь не принимается."),
    ("misconfigured", "The server is not configured.", "Сервер не настроен."),
    ("not-found", "It was not found.", "Не найдено."),
    (
        "not-ready",
        "The database is not reached or not migrated.",
        "База данных недоступна или не обновлена.",
    ),
    (
        "stale-version",
        "It has changed since you read it.",
        "С тех пор, как вы читали, это изменилось.",
    ),
    ("unauthorized", "Who calls is not known.", "Неизвестно, кто обращается."),
    (
        "unsupported-media-type",
        "The type of the body is not supported.",
        "Такой тип тела не поддерживается.",
    ),
];

/// The sentence of a problem's code; None: it has one of its own. What stands in braces is filled in by who knows it.
pub fn sentences(code: &str) -> Option<LocalText> {
    let (_, en, ru) = SENTENCES.iter().find(|(known, _, _)| *known == code)?;
    Some(LocalText { en: (*en).to_owned(), ru: (*ru).to_owned() })
}
