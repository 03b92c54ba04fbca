//! The authorization-code flow at a host: what all hosts share of it.

use super::wire::Wire;
use super::{Clock, HostError, HostToken, Secret};
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicRequestTokenError, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, TokenResponse as _, TokenUrl,
};
use std::time::Duration;
use url::Url;

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// louver's registration at one host.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) wire: Wire,
    pub(super) clock: Clock,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) authorize: Url,
    pub(super) token: Url,
    pub(super) scopes: &'static [&'static str],
    pub(super) auth_type: AuthType,
    pub(super) pkce: bool,
}

impl Upstream {
    /// Where the browser is sent.
    pub(super) fn authorize_url(&self, state: &str, challenge: &str, redirect_uri: &str) -> Result<Url, HostError> {
        let client = self.client(redirect_uri)?;
        let state = state.to_owned();
        let mut request = client.authorize_url(|| CsrfToken::new(state));
        for scope in self.scopes {
            request = request.add_scope(Scope::new((*scope).to_owned()));
        }
        if self.pkce {
            // The challenge was made with its verifier, by whoever keeps the verifier until the callback.
            request = request
                .add_extra_param("code_challenge", challenge.to_owned())
                .add_extra_param("code_challenge_method", "S256");
        }
        Ok(request.url().0)
    }

    /// Turns a code into a token.
    pub(super) fn exchange(&self, code: &str, verifier: &str, redirect_uri: &str) -> Result<HostToken, HostError> {
        let client = self.client(redirect_uri)?;
        let mut request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        if self.pkce {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        }
        let answer = request.request(&|request| self.wire.exchange(request));
        let answer = answer.map_err(|err| self.fault(err))?;
        self.suffices(&answer)?;
        Ok(self.token(&answer))
    }

    /// Refuses a token that its host says is good for less than was asked for; with it, every repository would look unreadable.
    fn suffices(&self, answer: &BasicTokenResponse) -> Result<(), HostError> {
        let granted: Vec<&str> = answer
            .scopes()
            .into_iter()
            .flatten()
            .flat_map(|scope| scope.split([' ', ',']))
            .filter(|scope| !scope.is_empty())
            .collect();
        let missing = self.scopes.iter().find(|scope| !granted.contains(*scope));
        match missing {
            Some(scope) if !granted.is_empty() => Err(self.wire.setup(format!(
                "it gave a token without the scope `{scope}`; allow it in louver's registration there"
            ))),
            _ => Ok(()),
        }
    }

    /// Replaces a token. GitLab wants the callback's address again; the others ignore it.
    pub(super) fn refresh(&self, token: &HostToken, redirect_uri: &str) -> Result<HostToken, HostError> {
        let refresh = token.refresh.as_ref().ok_or_else(|| self.wire.unauthorized())?;
        let client = self.client(redirect_uri)?;
        let refresh = RefreshToken::new(refresh.reveal().to_owned());
        let answer = client
            .exchange_refresh_token(&refresh)
            .add_extra_param("redirect_uri", redirect_uri.to_owned())
            .request(&|request| self.wire.exchange(request));
        let mut renewed = answer.map(|token| self.token(&token)).map_err(|err| self.fault(err))?;
        if renewed.refresh.is_none() {
            renewed.refresh.clone_from(&token.refresh);
        }
        Ok(renewed)
    }

    fn client(&self, redirect_uri: &str) -> Result<Client, HostError> {
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| {
            self.wire
                .setup("the callback is no address; correct `public_url`".to_owned())
        })?;
        Ok(BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client_secret.reveal().to_owned()))
            .set_auth_uri(AuthUrl::from_url(self.authorize.clone()))
            .set_token_uri(TokenUrl::from_url(self.token.clone()))
            .set_auth_type(self.auth_type.clone())
            .set_redirect_uri(redirect))
    }

    fn token(&self, answer: &BasicTokenResponse) -> HostToken {
        HostToken {
            access: Secret::new(answer.access_token().secret()),
            refresh: answer.refresh_token().map(|token| Secret::new(token.secret())),
            expires_at: answer
                .expires_in()
                // A host that promises more than a year promises nothing that can be added to a date.
                .map(|left| self.clock.now() + left.min(Duration::from_secs(366 * 86_400))),
        }
    }

    fn fault(&self, err: BasicRequestTokenError<HostError>) -> HostError {
        match err {
            RequestTokenError::Request(err) => err,
            RequestTokenError::ServerResponse(said) => match said.error() {
                BasicErrorResponseType::InvalidGrant => self.wire.unauthorized(),
                other => self.refused(other.as_ref()),
            },
            // GitHub answers 200 with an error inside.
            RequestTokenError::Parse(_, body) => {
                let said: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
                match said.as_ref().and_then(|it| it.get("error")?.as_str()) {
                    Some(error) => self.refused(error),
                    None => self.wire.garbage("the token endpoint sent no token".to_owned()),
                }
            }
            RequestTokenError::Other(_) => self.wire.garbage("the token endpoint sent no token".to_owned()),
        }
    }

    fn refused(&self, error: &str) -> HostError {
        match error {
            "bad_verification_code" | "bad_refresh_token" | "invalid_grant" | "access_denied" => {
                self.wire.unauthorized()
            }
            "incorrect_client_credentials" | "invalid_client" | "unauthorized_client" => self.wire.setup(
                "it does not know the client id or secret; compare `client_id` and the secret with the registration"
                    .to_owned(),
            ),
            "redirect_uri_mismatch" => self
                .wire
                .setup("the callback address is not the registered one; `louver doctor` prints it".to_owned()),
            _ => self
                .wire
                .garbage("the token endpoint refused with an unknown error".to_owned()),
        }
    }
}
