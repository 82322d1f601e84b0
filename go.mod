module github.com/dyetrace/dyetrace

go 1.26
