; Environment: getenv('NAME'), $_ENV['NAME'], Laravel's env('NAME').
((function_call_expression function: (name) @_getenv arguments: (arguments . (argument [(string) (encapsed_string)] @environment_key.name)))
  (#eq? @_getenv "getenv") (#set! gate "getenv"))
((subscript_expression (variable_name (name) @_env) . [(string) (encapsed_string)] @environment_key.name)
  (#eq? @_env "_ENV") (#set! gate "$_ENV"))
((function_call_expression function: (name) @_env arguments: (arguments . (argument [(string) (encapsed_string)] @environment_key.name)))
  (#eq? @_env "env") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$") (#set! gate "env("))

; Settings: Laravel's config('name.key').
((function_call_expression function: (name) @_config arguments: (arguments . (argument (string) @configuration_key.name)))
  (#eq? @_config "config") (#match? @configuration_key.name "[a-z_-][.][a-z_]") (#set! gate "config("))

; Routes of Laravel and Symfony: Route::get('path', handler), #[Route('/path', methods: ['GET'])].
((scoped_call_expression scope: (name) @_route name: (name) @route.method arguments: (arguments . (argument (string) @route.name)))
  (#eq? @_route "Route") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any") (#set! gate "Route::") (#set! relative ""))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_route parameters: (arguments . (argument [(string) (encapsed_string)] @route.name)) @_parameters)))) @route.handler
  (#eq? @_route "Route") (#not-match? @_parameters "methods") (#set! gate "#[Route(") (#set! method "ANY"))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_route parameters: (arguments
  . (argument [(string) (encapsed_string)] @route.name)
  (argument name: (name) @_methods (array_creation_expression (array_element_initializer (string) @route.method)))))))) @route.handler
  (#eq? @_route "Route") (#eq? @_methods "methods") (#set! gate "#[Route("))
((class_declaration attributes: (attribute_list (attribute_group (attribute (name) @_route parameters: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))))) @route.scope
  (#eq? @_route "Route") (#set! gate "#[Route("))
