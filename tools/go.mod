module parlor/tools

go 1.26.0
