; Environment: ENV["NAME"], ENV.fetch("NAME").
((element_reference object: (constant) @_env . (string) @environment_key.name)
  (#eq? @_env "ENV") (#set! gate "ENV"))
((call receiver: (constant) @_env method: (identifier) @_get arguments: (argument_list . (string) @environment_key.name))
  (#eq? @_env "ENV") (#any-of? @_get "fetch" "key?" "has_key?" "include?" "delete" "dig") (#set! gate "ENV"))

; Routes of Sinatra and Rails: get "/path", scope "/path" and namespace :name around them.
((call !receiver method: (identifier) @route.method arguments: (argument_list . [(string) @route.name (pair key: (string) @route.name)]))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "options")
  (#set! gate "sinatra Sinatra routes.draw") (#set! relative ""))
((call !receiver method: (identifier) @_scope arguments: (argument_list . [(string) (simple_symbol)] @route.prefix) block: (_) @route.scope)
  (#any-of? @_scope "namespace" "scope") (#set! relative "") (#set! gate "sinatra Sinatra routes.draw"))
((call !receiver method: (identifier) @route.method arguments: (argument_list . (simple_symbol) @route.name) @_arguments)
  (#any-of? @route.method "get" "post" "put" "patch" "delete") (#not-match? @_arguments "on:|on =>")
  (#set! gate "routes.draw") (#set! relative ""))

; The routes that Rails gives to a name, and what is nested in them.
((call !receiver method: (identifier) @_resources arguments: (argument_list [(simple_symbol) (string)] @route.name))
  (#eq? @_resources "resources") (#set! gate "routes.draw") (#set! resources "many") (#set! relative ""))
((call !receiver method: (identifier) @_resource arguments: (argument_list [(simple_symbol) (string)] @route.name))
  (#eq? @_resource "resource") (#set! gate "routes.draw") (#set! resources "one") (#set! relative ""))
((call !receiver method: (identifier) @_resources arguments: (argument_list . [(simple_symbol) (string)] @route.prefix) block: (_) @route.scope)
  (#eq? @_resources "resources") (#set! gate "routes.draw") (#set! resources "many") (#set! relative ""))
((call !receiver method: (identifier) @_resource arguments: (argument_list . [(simple_symbol) (string)] @route.prefix) block: (_) @route.scope)
  (#eq? @_resource "resource") (#set! gate "routes.draw") (#set! resources "one") (#set! relative ""))
((call !receiver method: (identifier) @route.prefix block: (_) @route.scope)
  (#any-of? @route.prefix "collection" "new") (#set! gate "routes.draw") (#set! resources "all"))
