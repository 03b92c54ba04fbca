; What a shell script reads in. Each pattern is run at a command.
(command name: (command_name (word) @_source) argument: (word) @import.star (#any-of? @_source "source" "."))
