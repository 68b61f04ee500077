# Asks for one patient, then for a table of patients.
#
#     pwsh predict.ps1 [URL]
param([string]$Url = $(if ($env:DRUG_CLASSIFIER_URL) { $env:DRUG_CLASSIFIER_URL } else { 'http://127.0.0.1:8000' }))
$ErrorActionPreference = 'Stop'

# The text that is answered, or an end with the service's own words.
function Send-Text([string]$Path, [string]$Type, [string]$Text) {
    # As bytes both ways: Windows PowerShell 5.1 takes text without a charset for Latin-1.
    $body = [Text.Encoding]::UTF8.GetBytes($Text)
    try {
        $answer = Invoke-WebRequest "$Url$Path" -Method Post -ContentType $Type -Body $body -UseBasicParsing
        return [Text.Encoding]::UTF8.GetString($answer.RawContentStream.ToArray())
    } catch {
        if (-not $_.ErrorDetails.Message) { throw }
        $problem = $_.ErrorDetails.Message | ConvertFrom-Json
        $wrong = if ($problem.errors) { $problem.errors } else { $problem }
        [Console]::Error.WriteLine((@($problem.title) + @($wrong.detail)) -join "`n")
        exit 1
    }
}

# Deeper than two levels, ConvertTo-Json writes names of types: -Depth 10. What Import-Csv reads are texts,
# which are no numbers in JSON: send a table as it is, or write [double]$row.Age.
$patient = @{ Age = 45; Sex = 'M'; BP = 'HIGH'; Cholesterol = 'NORMAL'; Na_to_K = 15.5 }
$answer = Send-Text '/predict' 'application/json' (ConvertTo-Json $patient -Depth 10) | ConvertFrom-Json
"$($answer.prediction) $($answer.probabilities.($answer.prediction))"

# A file is Get-Content patients.csv -Raw -Encoding utf8.
$table = @'
bed,Age,Sex,BP,Cholesterol,Na_to_K
Bed 1,23,F,HIGH,HIGH,25.355
Bed 2,61,F,LOW,HIGH,
Bed 3,47,F,LOW,HIGH,10.114
'@
Send-Text '/predict/batch' 'text/csv' $table | ConvertFrom-Csv | Format-Table bed, prediction, error
