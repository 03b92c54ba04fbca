; Environment: ENV["NAME"], ENV.fetch("NAME").
((element_reference object: (constant) @_env . (string) @environment_key.name)
  (#eq? @_env "ENV") (#set! gate "ENV"))
((call receiver: (constant) @_env method: (identifier) @_get arguments: (argument_list . (string) @environment_key.name))
  (#eq? @_env "ENV") (#any-of? @_get "fetch" "key?" "has_key?" "include?" "delete" "dig") (#set! gate "ENV"))

; Routes of Sinatra and Hanami: get "/path".
((call !receiver method: (identifier) @route.method arguments: (argument_list . [(string) @route.name (pair key: (string) @route.name)]))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "options")
  (#set! gate "sinatra Sinatra Hanami::Routes") (#set! relative ""))
((call !receiver method: (identifier) @_scope arguments: (argument_list . [(string) (simple_symbol)] @route.prefix) block: (_) @route.scope)
  (#any-of? @_scope "namespace" "scope") (#set! relative "") (#set! gate "sinatra Sinatra Hanami::Routes"))

; Routes of Rails: get "path", to: "posts#index", root "posts#index", scope "path" and namespace :name around them.
((call !receiver method: (identifier) @route.method arguments: (argument_list . [(string) @route.name (pair key: (string) @route.name)]))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "match") (#set! gate "routes.draw") (#set! relative "") (#set! rails ""))
((call !receiver method: (identifier) @route.method arguments: (argument_list (simple_symbol) @route.name))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "match") (#set! gate "routes.draw") (#set! relative "") (#set! rails ""))
((call !receiver method: (identifier) @route.method arguments: (argument_list . [(string) (pair)]))
  (#eq? @route.method "root") (#set! gate "routes.draw") (#set! method "GET") (#set! rails ""))
((call !receiver method: (identifier) @_scope arguments: (argument_list . [(string) (simple_symbol)] @route.prefix) block: (_) @route.scope)
  (#any-of? @_scope "namespace" "scope") (#set! gate "routes.draw") (#set! resources "space"))
((call !receiver method: (identifier) @_scope
  arguments: (argument_list . (pair)* (pair key: (_) @_path value: (_) @route.prefix)) block: (_) @route.scope)
  (#eq? @_scope "scope") (#match? @_path "^:?path$") (#set! gate "routes.draw") (#set! resources "space"))

; The routes that Rails gives to a name, and what is nested in them.
((call !receiver method: (identifier) @_resources arguments: (argument_list [(simple_symbol) (string)] @route.name))
  (#eq? @_resources "resources") (#set! gate "routes.draw") (#set! resources "many") (#set! relative "") (#set! rails ""))
((call !receiver method: (identifier) @_resource arguments: (argument_list [(simple_symbol) (string)] @route.name))
  (#eq? @_resource "resource") (#set! gate "routes.draw") (#set! resources "one") (#set! relative "") (#set! rails ""))
((call !receiver method: (identifier) @_resources arguments: (argument_list . [(simple_symbol) (string)] @route.prefix) block: (_) @route.scope)
  (#eq? @_resources "resources") (#set! gate "routes.draw") (#set! resources "many") (#set! relative ""))
((call !receiver method: (identifier) @_resource arguments: (argument_list . [(simple_symbol) (string)] @route.prefix) block: (_) @route.scope)
  (#eq? @_resource "resource") (#set! gate "routes.draw") (#set! resources "one") (#set! relative ""))
((call !receiver method: (identifier) @route.prefix block: (_) @route.scope)
  (#any-of? @route.prefix "collection" "new") (#set! gate "routes.draw") (#set! resources "all"))

; Requests: Faraday.get("https://host/path") and alike, Net::HTTP.get(URI("https://host/path")).
((call receiver: [(constant) (identifier)] @_client method: (identifier) @request.method arguments: (argument_list . (string) @request.name))
  (#any-of? @_client "Faraday" "HTTParty" "RestClient" "HTTP" "Typhoeus" "Excon" "conn" "connection")
  (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#set! gate "Faraday HTTParty RestClient HTTP. Typhoeus Excon"))
((call receiver: (scope_resolution) @_net method: (identifier) @request.method
  arguments: (argument_list . (call arguments: (argument_list . (string) @request.name .)) @_uri))
  (#eq? @_net "Net::HTTP") (#any-of? @request.method "get" "post") (#match? @_uri "^URI") (#set! gate "Net::HTTP"))

; Commands: the methods of a Thor class that `desc` stands before.
((class superclass: (superclass [(constant) (scope_resolution)] @_thor)
  body: (body_statement (call method: (identifier) @_desc) . (call)* . (method name: (identifier) @command.name) @command.handler))
  (#match? @_thor "^(Thor|.*::Thor)$") (#eq? @_desc "desc") (#set! gate "Thor"))

; Events: ActiveSupport::Notifications.
((call receiver: (scope_resolution) @_notifications method: (identifier) @_instrument arguments: (argument_list . (string) @publisher.name))
  (#eq? @_notifications "ActiveSupport::Notifications") (#eq? @_instrument "instrument") (#set! gate "ActiveSupport::Notifications"))
((call receiver: (scope_resolution) @_notifications method: (identifier) @_subscribe arguments: (argument_list . (string) @subscriber.name))
  (#eq? @_notifications "ActiveSupport::Notifications") (#any-of? @_subscribe "subscribe" "monotonic_subscribe")
  (#set! gate "ActiveSupport::Notifications"))
