//! `GET /errors/{code}`: the page a problem's `type` points to, from inside the binary, without the internet.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use http::{HeaderName, header};

use crate::codes::{self, Code};
use crate::problem::Problem;

const PLAIN: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];

/// Lists the codes of problems.
#[utoipa::path(get, path = "/errors", tag = "system",
    responses((status = 200, body = String, content_type = "text/plain", description = "Code, status and title, one a line")))]
pub(crate) async fn list_errors() -> ([(HeaderName, &'static str); 1], String) {
    let line = |code: &Code| format!("/errors/{} {} {}\n", code.code, code.status.as_u16(), code.title);
    (PLAIN, codes::all().map(line).collect())
}

/// Explains a code: what happened, why, what to do.
#[utoipa::path(get, path = "/errors/{code}", tag = "system", params(("code" = String, Path, example = "CE0007")),
    responses((status = 200, body = String, content_type = "text/plain", description = "The page, in Markdown")))]
pub(crate) async fn explain_error(
    code: Result<Path<String>, PathRejection>,
) -> Result<([(HeaderName, &'static str); 1], &'static str), Problem> {
    let code = code.map(|Path(code)| code).unwrap_or_default();
    let found = codes::all().find(|known| known.code.eq_ignore_ascii_case(&code));
    let found =
        found.ok_or_else(|| Problem::new(&codes::NOT_FOUND, "there is no such code; all of them are at /errors"))?;
    Ok((PLAIN, found.page))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn every_code_has_its_page() {
        let host = Host::new().await;
        let list = host.get(None, "/errors").await.text;
        for code in crate::all_codes() {
            assert!(list.contains(code.code));
            let page = host.get(None, &format!("/errors/{}", code.code)).await;
            assert_eq!((page.status, page.text.as_str()), (200, code.page));
        }
        assert_eq!(host.get(None, "/errors/CE9999").await.problem(), (404, "CE0004"));
    }
}
